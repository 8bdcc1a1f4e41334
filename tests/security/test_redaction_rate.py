"""Of ordinary text nothing is masked, of keys nothing is left: both over seeded corpora, with a bound on the rate."""

import base64
import hashlib
import json
import random
import string
import uuid
from pathlib import Path

import pytest

from loomlab.core.redact import MASK, redact, redact_data

ROOT = Path(__file__).parents[2]
LETTERS = string.ascii_letters + string.digits
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"GIF89a", b"%PDF-1.7")


def prose(rng: random.Random) -> list[str]:
    texts = [ROOT / name for name in ("README.md", "CHANGELOG.md")]
    paragraphs = [one for path in texts if path.exists() for one in path.read_text(encoding="utf-8").split("\n\n")]
    words = ["the", "token", "key", "password", "of", "secret", "risk-assessment-frameworks", "bearer", "basic", "a"]
    made = [" ".join(rng.choices(words, k=12)) + "." for _ in range(300)]
    return [one for one in paragraphs if "sk-" not in one] + made


def code(rng: random.Random) -> list[str]:
    """Every few lines of our own sources, without this room, whose subject is keys."""
    files = [one for one in sorted((ROOT / "loomlab").rglob("*.py")) if not {"security", "redact.py"} & set(one.parts)]
    lines = [line for one in rng.sample(files, 60) for line in one.read_text(encoding="utf-8").splitlines()]
    return ["\n".join(lines[at : at + 5]) for at in range(0, len(lines), 5)]


def identifiers(rng: random.Random) -> list[str]:
    found = []
    for _ in range(500):
        one = uuid.UUID(int=rng.getrandbits(128), version=4)
        sha = hashlib.sha256(rng.randbytes(8)).hexdigest()
        found += [
            f"the run {one} ended",
            f"user_id={one}",
            f"commit {sha[:40]} of main",
            f"sha256:{sha}",
            sha,
            str(one),
        ]
        found += [f"run_{''.join(rng.choices('0123456789ABCDEFGHJKMNPQRSTVWXYZ', k=26))} is the newest run"]
        found += [f"see https://example.org/a/{sha[:12]}?page={rng.randint(1, 99)}#part-{rng.randint(1, 9)} for it"]
        found += [f"at 2030-01-{rng.randint(10, 28)}T12:{rng.randint(10, 59)}:00Z it took {rng.random():.6f} s"]
    return found


def pictures(rng: random.Random) -> list[str]:
    found = []
    for size in (30, 90, 300, 3_000):
        for _ in range(40):
            data = base64.b64encode(rng.choice(MAGIC) + rng.randbytes(size)).decode()
            found += [
                f"![chart](data:image/png;base64,{data})",
                json.dumps({"image/png": data}),
                f"the picture: {data}",
            ]
    return found


@pytest.mark.parametrize(
    ("corpus", "most"), [(prose, 0.0), (code, 0.002), (identifiers, 0.0), (pictures, 0.02)], ids=lambda one: str(one)
)
def test_of_ordinary_text_next_to_nothing_is_masked(corpus: object, most: float) -> None:
    assert callable(corpus)
    texts = corpus(random.Random(7))
    assert len(texts) > 100
    wrong = [one for one in texts if redact(one) != one]
    assert len(wrong) / len(texts) <= most, f"{len(wrong)} of {len(texts)}; for instance {wrong[:3]!r}"[:900]


def keys(rng: random.Random) -> list[str]:
    def run(size: int) -> str:
        return "".join(rng.choices(LETTERS, k=size))

    found = []
    for _ in range(60):
        found += [f"sk-{run(32)}", f"sk-ant-api03-{run(60)}", f"sk-proj-{run(48)}", f"ghp_{run(36)}", f"hf_{run(34)}"]
        found += [f"AKIA{''.join(rng.choices(string.ascii_uppercase + string.digits, k=16))}", f"AIza{run(35)}"]
        found += [
            f"xoxb-{rng.randint(10**9, 10**10)}-{run(24)}",
            f"glpat-{run(20)}",
            f"sk_live_{run(24)}",
            f"npm_{run(36)}",
        ]
    return found


FRAMES = [
    "{}",
    "the key is {} and that is that",
    "Authorization: Bearer {}",
    '{{"api_key": "{}"}}',
    "export OPENAI_API_KEY={}\n",
    "curl -H 'x-api-key: {}' https://api.example.org/v1",
    "https://bob:{}@example.org/x",
    "Traceback …\nAuthenticationError: Incorrect API key provided: {}.",
    "({}),",
]


@pytest.mark.parametrize("frame", FRAMES)
def test_no_key_of_a_known_shape_is_left_in_any_surrounding(frame: str) -> None:
    missed = [one for one in keys(random.Random(7)) if one[-12:] in redact(frame.format(one))]
    assert missed == []


def test_a_key_of_no_known_shape_is_masked_where_its_name_says_what_it_is() -> None:
    rng = random.Random(7)
    for _ in range(300):
        one = "".join(rng.choices(LETTERS, k=24))
        for frame in ("api_key={}", "password: {}", '"client_secret": "{}"', "MY_TOKEN={}"):
            assert one not in redact(frame.format(one))
        masked = redact_data({"api_key": one, "nested": [{"Authorization": one}], "city": "Paris"})
        assert one not in str(masked) and masked["city"] == "Paris"


def test_masking_twice_is_masking_once() -> None:
    for one in keys(random.Random(7)):
        once = redact(f"api_key={one}")
        assert redact(once) == once and MASK in once
