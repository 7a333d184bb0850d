"""The workflows for n8n: whole, connected, about events that exist; their code runs in Node.js, n8n itself does not."""

import base64
import json
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from transactional_api.events import rules
from transactional_api.events.catalogue import TYPES
from transactional_api.events.schemas import COMMAND

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "n8n"
FILES = sorted(FOLDER.glob("*.json"))
KNOWN = {"webhook": 2, "code": 2, "if": 2.2, "slack": 2.2, "httpRequest": 4.2}
HARNESS = """
const input = JSON.parse(require('fs').readFileSync(0));
const first = { json: { headers: input.headers } };
const nodes = (name) => ({ first: () => ({ json: input.event }) });
const AsyncFunction = (async () => {}).constructor;
const code = new AsyncFunction('$input', '$env', '$', 'require', input.code);
code.call({ helpers: { getBinaryDataBuffer: async () => Buffer.from(input.raw, 'base64') } },
  { first: () => first }, input.env, nodes, require)
  .then((items) => console.log(JSON.stringify(items)), (error) => { console.log(String(error)); process.exit(3); });
"""


def load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def code_of(file: str, node: str) -> str:
    nodes = load(FOLDER / file)["nodes"]
    return str(next(one["parameters"]["jsCode"] for one in nodes if one["name"] == node))


def run(code: str, **inputs: Any) -> tuple[int, str]:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not on this machine")
    given = json.dumps({"code": code, "headers": {}, "raw": "", "env": {}, "event": {}} | inputs)
    done = subprocess.run(["node", "-e", HARNESS], input=given, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout


def test_there_is_a_workflow_for_each_thing_that_was_promised() -> None:
    assert [path.stem for path in FILES] == [
        *("approval-requested", "churn-at-risk", "dispute-opened", "document-signed", "kpi-alert", "payment-failed"),
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_workflow_is_an_export_whose_nodes_are_known_and_form_one_chain(path: Path) -> None:
    workflow = load(path)
    assert {"name", "nodes", "connections", "active", "settings"} <= workflow.keys()
    assert workflow["active"] is False
    nodes = {node["name"]: node for node in workflow["nodes"]}
    assert len({node["id"] for node in nodes.values()}) == len(nodes) == len(workflow["nodes"])
    for node in nodes.values():
        kind = node["type"].removeprefix("n8n-nodes-base.")
        assert node["typeVersion"] == KNOWN[kind]
        assert len(node["position"]) == 2
        assert "credentials" not in node
    reached, waiting = set(), ["Webhook"]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        for output in workflow["connections"].get(name, {}).get("main", []):
            waiting += [link["node"] for link in output]
            assert all((link["type"], link["index"]) == ("main", 0) for link in output)
    assert reached == set(nodes)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_workflow_reads_raw_bytes_verifies_them_and_asks_for_an_event_that_exists(path: Path) -> None:
    webhook, verify, condition = load(path)["nodes"][:3]
    assert (webhook["parameters"]["httpMethod"], webhook["parameters"]["options"]) == ("POST", {"rawBody": True})
    assert "timingSafeEqual" in verify["parameters"]["jsCode"]
    asked = condition["parameters"]["conditions"]["conditions"][0]
    assert asked["leftValue"] == "={{ $json.type }}"
    assert asked["rightValue"] in TYPES


def test_the_verifying_code_takes_what_the_dispatcher_signs_and_nothing_else() -> None:
    code = code_of("kpi-alert.json", "Verify")
    secret, now = rules.new_secret(), datetime.now(UTC)
    body = rules.payload("kpi.alert", now, {"alert_id": "Ä1"}, "acme", 7)
    headers = {
        "webhook-id": "evt_7",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": rules.signatures([rules.new_secret(), secret], "evt_7", now, body),
    }

    def verify(raw: str, env_secret: str = secret, **changes: str) -> tuple[int, str]:
        sent = headers | {name.replace("_", "-"): value for name, value in changes.items()}
        encoded = base64.b64encode(raw.encode()).decode()
        return run(code, headers=sent, raw=encoded, env={"REVHOUSE_WEBHOOK_SECRET": env_secret})

    status, printed = verify(body)
    assert (status, json.loads(printed)) == (0, [{"json": json.loads(body) | {"message_id": "evt_7"}}])
    assert verify(body + " ")[0] == 3
    assert verify(body, rules.new_secret())[0] == 3
    assert verify(body, webhook_id="evt_8")[0] == 3
    assert verify(body, webhook_signature="v1,AAAA")[0] == 3
    old = int(time.time()) - 400
    signed = rules.signatures([secret], "evt_7", datetime.fromtimestamp(old, UTC), body)
    assert verify(body, webhook_timestamp=str(old), webhook_signature=signed)[0] == 3


def test_the_signing_code_makes_a_command_that_is_verified_and_understood() -> None:
    secret = rules.new_secret()
    event = {"message_id": "evt_7", "data": {"alert_id": "A1"}}
    status, printed = run(
        code_of("kpi-alert.json", "Sign the command"), event=event, env={"REVHOUSE_INBOUND_SECRET": secret}
    )
    assert status == 0
    made = json.loads(printed)[0]["json"]
    body = made["body"].encode()
    assert rules.is_signed([secret], made["id"], made["timestamp"], made["signature"], body, datetime.now(UTC))
    command = COMMAND.validate_json(body)
    assert (command.command, made["id"]) == ("alert.acknowledge", "ack_evt_7")
