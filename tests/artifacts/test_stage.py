"""Stages run once for the same action, and again when their result is lost."""

from __future__ import annotations

from hashlib import sha256

import pytest

from dx_py.artifacts.artifact import Artifact, decode, digest, encode
from dx_py.artifacts.stage import (
    Content,
    action_key,
    action_template,
    perform_stage,
    run_stage,
)
from dx_py.artifacts.store import ArtifactStore


class Upper:
    name = "upper"
    version = 1
    kind = "text"
    schema = 1
    targets_cpu = False

    def __init__(self):
        self.runs = 0

    def run(self, inputs, options):
        self.runs += 1
        return Artifact("text", 1, [data.upper() for data in inputs])


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store", report=lambda line: None)


def test_the_same_action_runs_once(store):
    stage = Upper()
    first = run_stage(store, stage, [Content.of(b"a")], {})
    second = run_stage(store, stage, [Content.of(b"a")], {})
    assert stage.runs == 1
    assert first.digest == second.digest
    assert decode(second.read()).payload == [b"A"]


def test_inputs_of_a_known_action_are_not_read(store):
    stage = Upper()
    run_stage(store, stage, [Content.of(b"a")], {})

    def unreadable():
        raise AssertionError

    run_stage(store, stage, [Content(digest(b"a"), unreadable)], {})


@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b"DXA1?")])
def test_a_lost_result_is_computed_again(store, damage):
    stage = Upper()
    content = run_stage(store, stage, [Content.of(b"a")], {})
    known = run_stage(store, stage, [Content.of(b"a")], {})
    damage(store.object_path(content.digest))
    assert decode(known.read()).payload == [b"A"]
    assert stage.runs == 2


def test_a_result_of_a_newer_schema_is_told_of_and_computed_again(tmp_path):
    lines = []
    store = ArtifactStore(tmp_path / "store", report=lines.append)
    stage = Upper()
    newer = store.put(encode(Artifact("text", 7, None)))
    store.record(action_key(stage, [digest(b"a")], {}), newer)
    content = run_stage(store, stage, [Content.of(b"a")], {})
    assert decode(content.read()).payload == [b"A"]
    assert len(lines) == 1
    assert "install one that reads schema 7" in lines[0]
    assert lines[0].endswith("built again")
    assert decode(run_stage(store, stage, [Content.of(b"a")], {}).read()).schema == 1


def test_without_a_store_the_result_is_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    store = ArtifactStore(tmp_path / "file", report=lambda line: None)
    content = run_stage(store, Upper(), [Content.of(b"a")], {})
    assert decode(content.read()).payload == [b"A"]


class UpperTwo(Upper):
    version = 2


class UpperSchema(Upper):
    schema = 2


class UpperOther(Upper):
    name = "other"


class UpperTarget(Upper):
    targets_cpu = True


def test_everything_that_can_change_the_result_is_in_the_key():
    name, other = digest(b"a"), digest(b"b")
    keys = [
        action_key(Upper(), [name], {}),
        action_key(Upper(), [other], {}),
        action_key(Upper(), [name, name], {}),
        action_key(Upper(), [], {}),
        action_key(Upper(), [name], {"optimize": 2}),
        action_key(UpperTwo(), [name], {}),
        action_key(UpperSchema(), [name], {}),
        action_key(UpperOther(), [name], {}),
        action_key(UpperTarget(), [name], {}, target="skylake"),
        action_key(UpperTarget(), [name], {}, target="znver3"),
    ]
    assert len(set(keys)) == len(keys)


def test_a_target_that_matters_must_be_named():
    with pytest.raises(ValueError, match="depends on the target CPU"):
        action_key(UpperTarget(), [], {})


def test_a_target_that_does_not_matter_is_left_out():
    assert action_key(Upper(), [], {}, target="a") == action_key(Upper(), [], {}, target="b")


def test_the_template_gives_the_key():
    name = digest(b"a")
    before, after = action_template(Upper(), 1, {"mode": "exec"})
    by_hand = sha256(before + b"\xd9\x40" + name.encode() + after).hexdigest()
    assert by_hand == action_key(Upper(), [name], {"mode": "exec"})


class Ask:
    name = "ask"
    version = 1

    def __init__(self):
        self.runs = 0

    def perform(self, inputs, options):
        self.runs += 1
        return Artifact("answer", 1, self.runs)


def test_an_effect_is_performed_every_time(store):
    stage = Ask()
    perform_stage(store, stage, [], {})
    content = perform_stage(store, stage, [], {})
    assert content.read() == encode(Artifact("answer", 1, 2))
    assert store.contains(content.digest)
