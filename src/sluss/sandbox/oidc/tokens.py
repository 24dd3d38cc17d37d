"""What the double signs, and how. In: claims. Out: ID tokens by keys that can be changed, and the keys as it publishes them."""

from __future__ import annotations

import secrets
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey


class Keys:
    """The signing keys of the double: one at work, and those it has published so far."""

    def __init__(self) -> None:
        self.key: RSAKey | ECKey
        self.published: list[RSAKey | ECKey] = []
        self.algorithm = "ES256"
        self.rotate()

    def rotate(self, algorithm: str = "ES256") -> None:
        """Sign with a new key from now on. Only that one is published."""
        named: Any = {"kid": secrets.token_hex(4), "use": "sig", "alg": algorithm}
        self.algorithm = algorithm
        self.key = RSAKey.generate_key(2048, named) if algorithm.startswith(("RS", "PS")) else ECKey.generate_key("P-256", named)
        self.published = [self.key]

    def sign(self, claims: dict[str, Any]) -> str:
        """A token as a good provider makes it."""
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid, "typ": "JWT"}, claims, self.key)

    def as_json(self) -> dict[str, Any]:
        """The keys without their secrets, as they are fetched."""
        return {"keys": [one.as_dict(private=False) for one in self.published]}
