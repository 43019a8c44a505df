#!/bin/sh
# Print an access token: an assertion signed with openssl, exchanged with curl. The environment: samples/README.md.
set -eu
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

now=$(date +%s)
header=$(printf '{"alg":"RS256","typ":"JWT"}' | base64url)
claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s","jti":"%s","iat":%d,"exp":%d}' \
    "$DIMONA_CLIENT_ID" "$DIMONA_CLIENT_ID" "$DIMONA_CLIENT_TOKEN_URL" "$(openssl rand -hex 16)" \
    "$now" "$((now + 300))" | base64url)
signature=$(printf '%s' "$header.$claims" |
    openssl dgst -sha256 -sign "$DIMONA_CLIENT_PRIVATE_KEY" -binary | base64url)

# The assertion comes from standard input: other users of the machine can read arguments.
answer=$(printf '%s' "$header.$claims.$signature" | curl -sS --max-time 15 "$DIMONA_CLIENT_TOKEN_URL" \
    -d grant_type=client_credentials \
    --data-urlencode client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
    --data-urlencode client_assertion@-)
token=$(printf '%s' "$answer" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
[ -n "$token" ] || { printf 'no token: %s\n' "$answer" >&2; exit 1; }
printf '%s\n' "$token"
