"""What a token request, an assertion and a login have to be; pure."""
