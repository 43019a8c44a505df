"""Gets an access token as a technical client: signs an assertion with its own key, and prints the answer.

    python samples/python/access_token.py TOKEN_URL CLIENT_ID PRIVATE_KEY.pem [SCOPE ...]

`make up` writes all three into .run/endpoints.json (`token_url`; `private_key` of each integrator).
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey


def token(url: str, client_id: str, private_key: str, *scopes: str) -> dict[str, object]:
    """Ask for a token. Raises urllib.error.HTTPError; its body says what is wrong."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": url,  # the address you send it to
        "jti": str(uuid4()),  # each assertion counts once
        "iat": now,
        "exp": now + 300,
    }
    key = RSAKey.import_key(Path(private_key).read_text())
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, key),
    }
    if scopes:  # without any you get declarant and consult
        form["scope"] = " ".join(scopes)
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(request, timeout=10) as response:
        answer: dict[str, object] = json.loads(response.read())
    return answer  # good for 600 seconds: keep it, and ask again when less than 60 are left


if __name__ == "__main__":
    try:
        print(json.dumps(token(*sys.argv[1:]), indent=1))
    except urllib.error.HTTPError as refused:
        sys.exit(refused.read().decode())
