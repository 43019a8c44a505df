#!/bin/sh
# Declare over REST that a worker begins today, and print the result: by_rest.sh EMPLOYER NISS
set -eu
employer=$1 niss=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# In a file that only you can read: other users of the machine can read arguments.
(umask 077 && printf 'Authorization: Bearer %s\n' "$("$(dirname "$0")/token.sh")" > "$folder/headers")

cat > "$folder/declaration.json" <<END
{"employer": {"enterpriseNumber": "$employer"},
 "worker": {"ssin": "$niss"},
 "dimonaIn": {"startDate": "$(TZ=Europe/Brussels date +%F)",
              "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"}}}
END

# The key is yours: after a time-out send the same request with it again. The result comes with the 201 if it can.
status=$(curl -sS --max-time 30 "$DIMONA_CLIENT_REST_URL/declarations" \
    -H "@$folder/headers" -H 'Content-Type: application/json' -H 'Prefer: wait=10' \
    -H "Idempotency-Key: \"$(openssl rand -hex 16)\"" \
    --data-binary "@$folder/declaration.json" -D "$folder/answer" -o "$folder/body" -w '%{http_code}')
[ "$status" = 201 ] || { cat "$folder/body" >&2; exit 1; }
location=$(tr -d '\r' < "$folder/answer" | sed -n 's/^[Ll]ocation: //p')
printf 'received %s\n' "$location"

polls=0
until grep -q '"result": *"[AWB]"' "$folder/body"; do
    [ "$((polls += 1))" -le 30 ] || { printf 'no final answer yet; ask by hand: %s\n' "$location"; exit 1; }
    sleep 1
    curl -sS --max-time 15 -H "@$folder/headers" "$location" -o "$folder/body"
done
printf 'answer %s\n' "$(cat "$folder/body")"
