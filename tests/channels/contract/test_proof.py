"""Posts that prove nothing, of every network that posts."""

from __future__ import annotations

from sluss.channels.contract import Connection, Delivered, Posted, Unverified
from tests.channels.contract.signatures import wrong_headers
from tests.channels.contract.subject import HOOK, NOW, Subject

BODIES = (b'{"object":"page","entry":[]}', b"\xff\xfe\0{", b'{"a":1,"a":2}' * 100, b"[" * 10_000, b"")


def connection_to(subject: Subject, number: int, **secrets: str) -> Connection:
    fields = subject.account(number)
    return Connection(
        workspace_id=1,
        inbox_id=number,
        name=fields.name,
        address=fields.address,
        settings=fields.settings,
        secrets=fields.secrets | secrets,
        channel=subject.name,
        hook=HOOK,
    )


async def test_what_is_not_proven_is_nobodys(subject: Subject) -> None:
    """T85: twenty-five wrong proofs and more; without a secret nothing passes; the right proof does, whatever the body is (T87)."""
    if subject.proof is None:
        assert not passes(subject, connection_to(subject, 1), {}, BODIES[0])
        return
    connection, name = connection_to(subject, 1), subject.proof.secret
    secret = connection.secrets[name]
    wrong = wrong_headers(subject.proof, BODIES[0], secret)
    assert len(wrong) >= 25
    assert [kind for kind, headers in wrong.items() if passes(subject, connection, headers, BODIES[0])] == []
    bare = connection_to(subject, 1, **{name: ""})
    assert not passes(subject, bare, {subject.proof.header: subject.proof.sign(BODIES[0], "")}, BODIES[0])
    assert all(passes(subject, connection, {subject.proof.header: subject.proof.sign(body, secret)}, body) for body in BODIES)


async def test_what_is_proven_for_one_account_opens_no_other(subject: Subject) -> None:
    """T88: a post that is rightly signed for one inbox brings another one nothing, signed anew or not."""
    await subject.say("Var är min väska?", subject.sides[0])
    if subject.letters is None:
        return
    other = connection_to(subject, 2)
    posts = subject.letters.posts()
    assert posts
    for posted in posts:
        assert subject.channel.accept(posted, connection_to(subject, 1))
        assert brought(subject, other, posted) == []


def passes(subject: Subject, connection: Connection, headers: dict[str, str], body: bytes) -> bool:
    """Whether a post is taken for proven."""
    try:
        subject.channel.accept(Posted(headers=headers, body=body, received_at=NOW), connection)
    except Unverified:
        return False
    return True


def brought(subject: Subject, connection: Connection, posted: Posted) -> list[Delivered]:
    """What a post brings an account: nothing, where it proves nothing to it."""
    try:
        return subject.channel.accept(posted, connection)
    except Unverified:
        return []
