"""Forged tokens: variants of a genuine token, and tokens without a compulsory part (threat T1).

Each is built byte by byte, because no library does this. `CARELESS` names the forgeries that a careless
verifier accepts: they are attacks and not only broken texts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64decode

ATTACKER: Final = RSAKey.generate_key(2048, private=True)

#: Forgeries that a careless verifier accepts: it obeys the header and requires no claim.
CARELESS: Final = frozenset({
    "no algorithm", "no algorithm, written otherwise", "no algorithm, with the signature of another",
    "shared secret: the public key in PEM", "shared secret: empty", "shared secret: kid is an empty file",
    "an algorithm that is not on our list", "a key in the header",
    "a key in the header, its name that of the genuine one",
    "no expiry", "expired long ago", "no audience", "another audience", "a longer audience",
    "an audience in capitals", "no subject", "no issuer", "another issuer",
    "not valid yet", "issued in the future", "expiry is no number", "expiry is a text",
})  # fmt: skip


def b64(data: bytes | Mapping[str, Any]) -> str:
    """Base64 for URLs, of bytes or of an object as JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: RSAKey | ECKey, alg: str) -> str:
    """Return a token with exactly this header and a signature of this algorithm."""
    content = f"{b64(header)}.{b64(claims)}"
    return f"{content}.{b64(_signature(content, key, alg))}"


def _signature(content: str, key: RSAKey | ECKey, alg: str) -> bytes:
    return jws.JWSRegistry.algorithms[alg].sign(content.encode(), key)


def _shared(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes, alg: str = "sha256") -> str:
    content = f"{b64(header)}.{b64(claims)}"
    return f"{content}.{b64(hmac.new(secret, content.encode(), alg).digest())}"


def forgeries(header: Mapping[str, Any], claims: Mapping[str, Any], key: RSAKey | ECKey) -> dict[str, str]:
    """Return all forgeries by name. `header`, `claims` and `key` are those of a genuine token."""
    return {
        **_algorithms(dict(header), dict(claims), key),
        **_keys(dict(header), dict(claims), key),
        **_texts(dict(header), dict(claims), key),
        **_claims(dict(header), dict(claims), key),
    }


def _algorithms(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | ECKey) -> dict[str, str]:
    genuine = signed(header, claims, key, header["alg"])
    pem = key.as_pem(private=False)
    public = json.dumps(key.as_dict(private=False)).encode()
    hs256 = header | {"alg": "HS256"}
    body = b64(claims)
    return {
        "no algorithm": f"{b64(header | {'alg': 'none'})}.{body}.",
        "no algorithm, written otherwise": f"{b64(header | {'alg': 'nOnE'})}.{body}.",
        "no algorithm, with the signature of another": (
            f"{b64(header | {'alg': 'none'})}.{body}.{genuine.rpartition('.')[2]}"
        ),
        "no alg in the header": f"{b64({k: v for k, v in header.items() if k != 'alg'})}.{body}.",
        "a list of algorithms": signed(header | {"alg": ["none", header["alg"]]}, claims, key, header["alg"]),
        "shared secret: the public key in PEM": _shared(hs256, claims, pem),
        "shared secret: the public key in JSON": _shared(hs256, claims, public),
        "shared secret: the public key, SHA-512": _shared(header | {"alg": "HS512"}, claims, pem, "sha512"),
        "shared secret: empty": _shared(hs256, claims, b""),
        "an algorithm for another kind of key": (
            f"{b64(header | {'alg': _other(key)})}.{body}.{b64(bytes(64))}"
        ),
        "an algorithm that is not on our list": _unlisted(header, claims, key),
        "a signature of zeros": f"{b64(header)}.{body}.{b64(bytes(64))}",
    }  # fmt: skip


def _other(key: RSAKey | ECKey) -> str:
    return "ES256" if isinstance(key, RSAKey) else "RS256"


def _unlisted(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | ECKey) -> str:
    if isinstance(key, RSAKey):
        return signed(header | {"alg": "RS384"}, claims, key, "RS384")
    return _shared(header | {"alg": "HS384"}, claims, key.as_pem(private=False), "sha384")


def _keys(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | ECKey) -> dict[str, str]:
    public = ATTACKER.as_dict(private=False)
    own = str(header.get("kid", key.thumbprint()))

    def attackers(**more: Any) -> str:
        return signed(header | {"alg": "RS256"} | more, claims, ATTACKER, "RS256")

    return {
        "another key": attackers(),
        "another key, with the genuine kid": attackers(kid=own),
        "kid: a path": attackers(kid="../../../../../../dev/null"),
        "kid: SQL": attackers(kid="' UNION SELECT key_id, jwk FROM client_key --"),
        "kid: an address": attackers(kid="https://attacker.example/jwks.json"),
        "kid: a list": attackers(kid=[own]),
        "kid: very long": attackers(kid="k" * 5000),
        "kid: with a NUL": attackers(kid=f"{own}\0"),
        "shared secret: kid is an empty file": _shared(
            header | {"alg": "HS256", "kid": "/dev/null"}, claims, b""
        ),
        "jku of the attacker": attackers(jku="https://attacker.example/jwks.json"),
        "x5u of the attacker": attackers(x5u="https://attacker.example/cert.pem"),
        "x5c of the attacker": attackers(x5c=[b64(ATTACKER.as_der(private=False))]),
        "a key in the header": attackers(jwk=public),
        "a key in the header, its name that of the genuine one": attackers(
            jwk={**public, "kid": own}, kid=own
        ),
    }


def _texts(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | ECKey) -> dict[str, str]:
    alg = header["alg"]
    genuine = signed(header, claims, key, alg)
    first, body, signature = genuine.split(".")
    flipped = bytearray(urlsafe_b64decode(signature.encode()))
    flipped[10] ^= 1
    return {
        "without its signature": f"{first}.{body}.",
        "without a third part": f"{first}.{body}",
        "a signature cut short": f"{first}.{body}.{signature[:-10]}",
        "a signature with a bit flipped": f"{first}.{body}.{b64(bytes(flipped))}",
        "other claims under the signature": f"{first}.{b64(claims | {'scope': 'everything'})}.{signature}",
        "another header over the signature": f"{b64(header | {'x': 1})}.{body}.{signature}",
        "a critical extension": signed(header | {"crit": ["exp2"], "exp2": 1}, claims, key, alg),
        "an encrypted token": f"{b64(header | {'alg': 'dir', 'enc': 'A128GCM'})}..AA.AA.AA",
        "claims that are a list": f"{first}.{b64(b'[1]')}.{signature}",
        "no base64": "ä.ö.ü",
        "nested without end": f"{b64(header)}.{b64(b'[' * 9000)}.{signature}",
        "nothing": "..",
    }  # fmt: skip


def _claims(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | ECKey) -> dict[str, str]:
    def said(**changed: Any) -> str:
        left = {name: value for name, value in (claims | changed).items() if value is not None}
        return signed(header, left, key, header["alg"])

    exp, aud = claims["exp"], str(claims["aud"])
    return {
        "no expiry": said(exp=None),
        "expired long ago": said(exp=exp - 86_400 * 30),
        "expiry is a text": said(exp=str(exp)),
        "expiry is no number": said(exp=float("nan")),
        "no audience": said(aud=None),
        "another audience": said(aud="urn:somebody:else"),
        "a longer audience": said(aud=f"{aud}/x"),
        "an audience in capitals": said(aud=aud.upper()),
        "no subject": said(sub=None),
        "no issuer": said(iss=None),
        "another issuer": said(iss="https://attacker.example"),
        "not valid yet": said(nbf=exp + 3600),
        "issued in the future": said(iat=exp + 3600),
    }


def careless(token: str, key: RSAKey | ECKey) -> bool:
    """Return whether a verifier accepts the token if it obeys the header and requires no claim."""
    try:
        first, body, signature = token.split(".")
        header = json.loads(urlsafe_b64decode(first.encode()))
        if not isinstance(json.loads(urlsafe_b64decode(body.encode())), dict):
            return False
        alg = header["alg"]
        if alg.lower() == "none":
            return True
        if alg == "HS256":
            secret = b"" if header.get("kid") == "/dev/null" else key.as_pem(private=False)
            content = f"{first}.{body}".encode()
            given = urlsafe_b64decode(signature.encode())
            return any(hmac.new(s, content, hashlib.sha256).digest() == given for s in (secret, b""))
        registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
        registry.max_header_length = 4096
        believed = RSAKey.import_key(header["jwk"]) if "jwk" in header else key
        jwt.decode(token, believed, [alg], registry)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return True
