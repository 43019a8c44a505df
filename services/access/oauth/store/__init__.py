"""SQL of OAuth: keys and scopes of clients, logins of persons."""
