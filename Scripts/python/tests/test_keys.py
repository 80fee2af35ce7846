"""Key files: what is read, and everything that is refused."""

import base64
import os

import pytest

from lantern_pyro import LanternError, keys

SECRET = base64.b64encode(bytes(range(32))).decode()
OWN = f"lantern-key-v1\n# ours\n\nid: a-1\nalgorithm: ed25519\nsecret: {SECRET}\nidentity: spiffe://td/a\n"
PEER = f"lantern-authorized-key-v1\nid: b\nalgorithm: ed25519\npublic: {SECRET}\nidentity: spiffe://td/*\n"
OWN2 = OWN.replace("v1", "v2")


@pytest.fixture
def folder(tmp_path):
    os.chmod(tmp_path, 0o700)
    return tmp_path


def file(folder, text, mode=0o600):
    path = folder / "some.key"
    path.write_text(text)
    os.chmod(path, mode)
    return str(path)


def test_own_key(folder):
    key = keys.load_own(file(folder, OWN))
    assert (key.id, key.algorithm, key.secret) == ("a-1", "ed25519", bytes(range(32)))
    assert key.identities == ("spiffe://td/a",)
    assert SECRET not in repr(key) and "x00" not in repr(key)


def test_authorized_key(folder):
    key = keys.load_authorized(file(folder, PEER + "role: client\n", 0o644))
    assert key.public == bytes(range(32)) and key.secret is None
    assert key.allows("spiffe://td/x", "client")
    assert not key.allows("spiffe://td/x", "server")
    assert not key.allows("spiffe://other/x", "client")


def test_dates_and_role_of_version_2(folder):
    window = "not-before: 2026-11-23T00:00:00Z\nnot-after: 2027-11-23T23:59:59Z\n"
    key = keys.load_own(file(folder, OWN2 + "role: client\n" + window))
    assert (key.not_before, key.not_after, key.role) == (1_795_392_000, 1_827_014_399, "client")
    peer = keys.load_authorized(file(folder, PEER.replace("v1", "v2") + window, 0o644))
    peer.check_time(1_795_392_000_000)
    peer.check_time(1_827_014_399_999)
    with pytest.raises(LanternError, match="not valid yet"):
        peer.check_time(1_795_391_999_999)
    with pytest.raises(LanternError, match="expired"):
        peer.check_time(1_827_014_400_000)


def test_next_and_previous_shared_keys_count_for_peers(folder):
    (folder / "keys" / "authorized").mkdir(parents=True, mode=0o700)
    os.chmod(folder / "keys", 0o700)
    own = OWN.replace("ed25519", keys.HMAC)
    for name, text in (("own.key", own), ("next.key", own.replace("a-1", "a-2")), ("previous.key", own.replace("a-1", "a-0"))):
        (folder / "keys" / name).write_text(text)
        os.chmod(folder / "keys" / name, 0o600)
    ring = keys.Keyring.load(str(folder))
    for key_id in ("a-0", "a-1", "a-2"):
        assert ring.key(key_id, keys.HMAC, "spiffe://td/a", "client").id == key_id
    with pytest.raises(LanternError):
        ring.key("a-3", keys.HMAC, "spiffe://td/a", "client")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o644])
def test_a_secret_that_others_reach_is_refused(folder, mode):
    with pytest.raises(LanternError, match="chmod"):
        keys.load_own(file(folder, OWN, mode))


def test_a_shared_secret_among_the_authorized_is_a_secret(folder):
    text = PEER.replace("ed25519", keys.HMAC).replace("public", "secret")
    assert keys.load_authorized(file(folder, text)).secret == bytes(range(32))
    with pytest.raises(LanternError, match="chmod"):
        keys.load_authorized(file(folder, text, 0o644))


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_a_public_key_that_others_write_is_refused(folder, mode):
    with pytest.raises(LanternError, match="chmod"):
        keys.load_authorized(file(folder, PEER, mode))


def test_a_folder_that_others_write_is_refused(folder):
    path = file(folder, OWN)
    os.chmod(folder, 0o770)
    with pytest.raises(LanternError, match="chmod"):
        keys.load_own(path)


def test_a_link_is_refused(folder):
    os.symlink(file(folder, OWN), folder / "link.key")
    with pytest.raises(LanternError, match="links are not followed"):
        keys.load_own(str(folder / "link.key"))


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "first line"),
        (PEER, "first line"),
        (OWN.replace("a-1", "a b"), "id must"),
        (OWN.replace("ed25519", "rsa"), "algorithm must"),
        (OWN.replace(SECRET, "AAAA"), "32 bytes"),
        (OWN.replace(SECRET, SECRET + "!"), "32 bytes"),
        (OWN + "id: other\n", ":8: second id"),
        (OWN + "colour: red\n", ":8: unknown field"),
        (OWN + "identity\n", ":8: expected"),
        (OWN.replace("secret", "public"), "has secret:"),
        (OWN + "role: client\n", ":8: role needs version 2"),
        (OWN + "not-after: 2026-11-23T00:00:00Z\n", ":8: not-after needs version 2"),
        (OWN.replace("v1", "v3"), "first line"),
        (OWN2 + "role: master\n", "role must"),
        (OWN2.replace("ed25519", keys.HMAC) + "role: client\n", "role must"),
        (OWN2 + "not-after: tomorrow\n", "not-after is a time"),
        (OWN2 + "not-after: 2026-02-29T00:00:00Z\n", "not-after is a time"),
        (OWN2 + "not-after: 2026-11-23T00:00:00+00:00\n", "not-after is a time"),
        (OWN2 + "not-before: 1969-12-31T23:59:59Z\n", "not-before is a time"),
        (OWN2 + "not-before: 2027-01-01T00:00:00Z\nnot-after: 2026-01-01T00:00:00Z\n", "later than"),
    ],
)
def test_a_wrong_file_is_refused_and_named(folder, text, reason):
    with pytest.raises(LanternError, match=reason) as error:
        keys.load_own(file(folder, text))
    assert "some.key" in str(error.value) and SECRET not in str(error.value)


def test_a_peer_key_for_nobody_is_refused(folder):
    with pytest.raises(LanternError, match="no identity"):
        keys.load_authorized(file(folder, PEER.replace("identity: spiffe://td/*\n", "")))


@pytest.mark.parametrize(
    "pattern, text, right",
    [
        ("a", "a", True),
        ("a", "ab", False),
        ("*", "", True),
        ("a*", "abc", True),
        ("*c", "abc", True),
        ("a*c", "ac", True),
        ("a*a", "a", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a?c", "abc", False),
        ("a.c", "abc", False),
        ("**", "x", True),
        ("a*b*b", "ab", False),
    ],
)
def test_patterns(pattern, text, right):
    assert keys._matches(pattern, text) is right


def test_two_keys_with_one_id_are_refused(folder):
    (folder / "keys" / "authorized").mkdir(parents=True, mode=0o700)
    os.chmod(folder / "keys", 0o700)
    for name, text in (("own.key", OWN), ("authorized/a.key", PEER), ("authorized/b.key", PEER)):
        (folder / "keys" / name).write_text(text)
        os.chmod(folder / "keys" / name, 0o600)
    with pytest.raises(LanternError, match="second key"):
        keys.Keyring.load(str(folder))
    os.remove(folder / "keys" / "authorized" / "b.key")
    assert [key.id for key in keys.Keyring.load(str(folder)).authorized] == ["b"]
