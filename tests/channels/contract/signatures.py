"""Ways not to prove where a post comes from. In: how it is proven. Out: at least twenty-five sets of headers that prove nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac

from tests.channels.contract.subject import Proof

OTHER = "of somebody else, quite long"


def wrong_headers(proof: Proof, body: bytes, secret: str) -> dict[str, dict[str, str]]:
    """By what is wrong with them."""
    good = proof.sign(body, secret)
    prefix, _, code = good.rpartition("=") if not good.endswith("=") else ("", "", good)
    named = {kind: {proof.header: value} for kind, value in (_altered(good, prefix, code) | _made(proof, body, secret)).items()}
    wrong = {kind: headers for kind, headers in named.items() if headers[proof.header] != good}
    return {"absent": {}, "other header": {"x-signature": good}, "header of a near name": {f"{proof.header}-2": good}} | wrong


def _altered(good: str, prefix: str, code: str) -> dict[str, str]:
    """The right proof, spoilt."""
    return {
        "empty": "",
        "only the prefix": f"{prefix}=",
        "no prefix": code if prefix else "",
        "prefix of another": f"md5={code}",
        "upper case": good.upper(),
        "cases swapped": good.swapcase(),
        "short": good[:-1],
        "without its beginning": good[1:],
        "long": f"{good}0",
        "twice": f"{good}{good}",
        "twice in one": f"{good},{good}",
        "twice, apart": f"{good}, {good}",
        "good after wrong": f"{'0' * len(good)},{good}",
        "zeros": prefix + "=" * bool(prefix) + "0" * len(code),
        "reversed": good[::-1],
        "quoted": f'"{good}"',
        "a space inside": f"{good[:9]} {good[9:]}",
        "percent": good.replace("=", "%3D") + "%00",
        "null": f"{good[:9]}\0{good[9:]}",
        "half": good[: len(good) // 2],
        "one letter else": good[:-1] + ("1" if good[-1] != "1" else "2"),
        "encoded once more": base64.b64encode(good.encode()).decode(),
        "not of this alphabet": good[:-1] + "é",
        "a bearer": f"Bearer {good}",
    }


def _made(proof: Proof, body: bytes, secret: str) -> dict[str, str]:
    """A proof of something else."""
    sha1 = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    signed = {
        "of nothing": proof.sign(b"", secret),
        "of another body": proof.sign(body + b" ", secret),
        "weaker hash": f"sha1={sha1}",
        "plain hash": f"sha256={hashlib.sha256(body).hexdigest()}",
        "secret itself": secret,
    }
    return {"of another secret": proof.sign(body, OTHER), "of an empty secret": proof.sign(body, ""), "null as a word": "null"} | (
        signed if proof.signed else {}
    )
