"""One adapter on two engines: what torch learned is what llama.cpp serves, token for token; and a tampered one is refused."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.settings import default_cache
from services.model_server.api import build_app
from services.model_server.convert import AdapterRefusedError, verify
from services.model_server.engine import EngineSwitch
from services.model_server.reconcile import Loader
from services.trainer_worker.base_model import prepare
from shared.prompting.template import COMPACT_CHATML
from shared.serving import CompletionClient, CompletionRefusedError
from shared.weights import packaged_weights

BASE = "base/smollm2-135m-instruct"
PROMPTS = ("What is the weather in Leeds?", "List three colours.", "Write one word.")


def write_manifest(folder: Path) -> str:
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in folder.iterdir()
        if path.name != "manifest.json"
    }
    text = json.dumps({"files": files})
    (folder / "manifest.json").write_text(text)
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A random adapter, strong enough to change every answer, with torch's greedy answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from services.trainer_worker.artefact import _write_weights

    base = prepare(BASE, default_cache(Path(".flywheel")) / "models")
    torch.manual_seed(3)
    tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
    model: Any = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    config = LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"])
    tuned: Any = get_peft_model(model, config)
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    tuned.eval()
    answers = []
    for prompt in PROMPTS:
        text = COMPACT_CHATML.opening + prompt + COMPACT_CHATML.closing
        ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")
        output = tuned.generate(**ids, max_new_tokens=12, do_sample=False, pad_token_id=tokenizer.pad_token_id)
        answers.append(tokenizer.decode(output[0, ids["input_ids"].shape[1] :], skip_special_tokens=True))
    folder = tmp_path_factory.mktemp("adapter")
    _write_weights(tuned, folder)
    write_manifest(folder)
    return folder, answers


def test_engines_agree_and_the_list_changes_under_traffic(adapter: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, answers = adapter
    base = packaged_weights(BASE)

    async def scenario() -> None:
        async with httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0)) as engine_http:
            switch = EngineSwitch(base.path(), 2, 2, 512, engine_http)
            loader = Loader(switch, tmp_path / "gguf", base.heads, base.kv_heads)
            await switch.use({})
            app = build_app(switch, "small", loader.load, loader.unload, "")
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://models") as http:
                client = CompletionClient(http, "http://models")
                await _check(client, http, folder, answers)
            await switch.close()

    asyncio.run(scenario())


async def _check(client: CompletionClient, http: httpx.AsyncClient, folder: Path, answers: list[str]) -> None:
    async def ask(model: str, prompt: str) -> str:
        text = COMPACT_CHATML.opening + prompt + COMPACT_CHATML.closing
        return (await client.complete(model, text, COMPACT_CHATML, 60.0)).text

    with pytest.raises(CompletionRefusedError, match="adapter_missing"):
        await ask("tuned@v1", PROMPTS[0])
    plain = [await ask("small", prompt) for prompt in PROMPTS]
    body = {"lora_name": "tuned@v1", "lora_path": str(folder)}
    loaded = await http.post("/v1/load_lora_adapter", json=body)
    assert loaded.status_code == 200, loaded.text
    served = [await ask("tuned@v1", prompt) for prompt in PROMPTS]
    # The served base is the 4-bit file the training base was made from; the first tokens must agree.
    agreeing = sum(ours.strip()[:12] == theirs.strip()[:12] for ours, theirs in zip(served, answers, strict=True))
    assert agreeing >= 2, (served, answers)
    assert served != plain and [await ask("small", prompt) for prompt in PROMPTS] == plain
    with pytest.raises(CompletionRefusedError, match="too_long"):
        await ask("small", "word " * 2000)
    assert (await http.post("/v1/unload_lora_adapter", json=body)).status_code == 200
    assert await client.models() == {"small"}


@pytest.mark.parametrize("tamper", ["weights", "extra", "missing", "link", "manifest"])
def test_tampered_adapter_is_refused_by_name(adapter: tuple[Path, list[str]], tmp_path: Path, tamper: str) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in adapter[0].iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    verify(folder, digest)
    weights = folder / "adapter_model.safetensors"
    if tamper == "weights":
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(bytes(content))
    elif tamper == "extra":
        (folder / "payload.bin").write_bytes(b"x")
    elif tamper == "missing":
        weights.unlink()
    elif tamper == "link":
        weights.rename(tmp_path / "elsewhere")
        weights.symlink_to(tmp_path / "elsewhere")
    else:
        digest = "0" * 64
    with pytest.raises(AdapterRefusedError, match="copy"):
        verify(folder, digest)
