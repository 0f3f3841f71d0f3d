"""Writes, for each family of language models, a tiny one and what the reference libraries make of it.

    pip install torch==2.15.0 transformers==5.23.0 tokenizers==0.23.3 numpy==2.4.6 jinja2==3.1.6 \
        gguf==0.19.0 xllamacpp==2026.10.11549
    python make_llm.py [SMOLLM2.gguf]

A folder `llm/FAMILY` has

- `model.gguf`: random weights, in several of the format's forms; a byte-level BPE trained here, in a
  way that has no chance in it; a chat template written for this test;
- `reference.json`: `logits` of the token after each prompt, in 32-bit floats, by transformers from the
  same weights, widened by the format's own Python library; `ids` of `texts`, by llama.cpp, or by the model's own class of transformers where its publisher brings
  texts into Unicode's form C, which llama.cpp leaves out; `chats` as text by transformers, with what
  the model answers.

With the file of SmolLM2-135M-Instruct, `llm/smollm2.json` has the same of that: the highest logits, the
ids by llama.cpp, and the sha256 of chats, as their words are its publisher's.
"""

import hashlib
import json
import os
import random
import re
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import gguf
import numpy
import torch
import transformers
import xllamacpp
from gguf import GGMLQuantizationType as Form
from make_tiny import SENTENCES
from tokenizers import pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
)

HERE = Path(__file__).parent
CONTROL = ["<|start|>", "<|end|>", "<|stop|>"]
CONTEXT = 512
MERGES = 120
TEXTS, LENGTH = 200, 80

PROMPTS = [
    "a",
    "how many people live in the old town by the river",
    "東京の人口は何人ですか",
    "<|start|>user\nboil the stock, add salt at the end<|end|>\n",
    "the train to the coast is late because of the snow " * 12,
    "сколько людей живёт в старом городе у реки",
]

CHATS = [
    [["user", "how many people live in the old town?"]],
    [["system", "be brief"], ["user", "  the bakery opens at six \n"]],
    [["system", ""], ["user", "東京"]],
]

# In the manners of published templates: a system message of its own, trimmed contents, no token at the
# start; namespaces, slices and methods of strings; whitespace control.
TEMPLATES = {
    "llama": """{% for message in messages %}
    {% if loop.first and messages[0]['role'] != 'system' %}
{{ '<|start|>system\\nYou are a test.<|end|>\\n' }}
    {% endif %}
{{ '<|start|>' + message['role'] + '\\n' + message['content'] | trim + '<|end|>\\n' }}
{% endfor %}
{% if add_generation_prompt %}
{{ '<|start|>assistant\\n' }}
{% endif %}""",
    "qwen2": """{{- bos_token }}
{%- for message in messages %}
    {%- if message.role not in ['system', 'user', 'assistant'] %}
        {{- raise_exception('a strange role: ' + message.role) }}
    {%- endif %}
    {{- '<|start|>' + message.role + '\\n' + message.content + '<|end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start|>assistant\\n' }}
{%- endif %}
""",
    "qwen3": """{%- set seen = namespace(users=0) %}
{%- for message in messages[::-1] %}
    {%- if message.role.startswith('us') and message.content is string %}
        {%- set seen.users = seen.users + 1 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {{- '<|start|>' + message.role.upper() + ' ' ~ seen.users + '\\n' + message.content.strip() + '<|end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
""",
}

SPLITS = {"llama": "llama-bpe", "qwen2": "qwen2", "qwen3": "gpt-2"}

SIZES = dict(
    hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=CONTEXT, initializer_range=0.25, rms_norm_eps=1e-5,
)


def merges():
    """Byte-level BPE: the most frequent pair first, of equals the last in the alphabet."""
    split = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    words = Counter(tuple(word) for line in SENTENCES for word, _ in split(line))
    found = []
    for _ in range(MERGES):
        pairs = Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        found.append(best)
        words = Counter({joined(word, best): n for word, n in words.items()})
    return found


def joined(word, pair):
    result, at = [], 0
    while at < len(word):
        together = word[at : at + 2] == pair
        result.append("".join(pair) if together else word[at])
        at += 2 if together else 1
    return tuple(result)


MERGED = merges()
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
TOKENS = CONTROL + ALPHABET + list(dict.fromkeys("".join(pair) for pair in MERGED))


def networks():
    shared = dict(SIZES, vocab_size=len(TOKENS))
    scaling = {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64, "rope_theta": 500.0,
    }
    yield "llama", LlamaForCausalLM(
        LlamaConfig(**shared, tie_word_embeddings=True, rope_parameters=scaling)
    )
    rope = {"rope_type": "default", "rope_theta": 1000.0}
    yield "qwen2", Qwen2ForCausalLM(
        Qwen2Config(**shared, tie_word_embeddings=True, rope_parameters=rope)
    )
    yield "qwen3", Qwen3ForCausalLM(
        Qwen3Config(**shared, head_dim=32, tie_word_embeddings=False, rope_parameters=rope)
    )


PARTS = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def name_in_file(name):
    whole = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    stem, kind = name.rsplit(".", 1)
    layer = re.fullmatch(r"model\.layers\.(\d+)\.(.*)", stem)
    stem = f"blk.{layer[1]}.{PARTS[layer[2]]}" if layer else whole[stem]
    return f"{stem}.{kind}"


def form(name):
    """Vectors are always f32; matrices come in all the forms that small models are shipped in."""
    if name.endswith("bias") or "norm" in name:
        return Form.F32
    forms = {"token_embd": Form.Q8_0, "output": Form.F16, "ffn_up": Form.Q4_1, "attn_v": Form.Q5_1,
             "attn_q": Form.Q8_0, "attn_k": Form.Q4_0, "ffn_down": Form.BF16, "attn_output": Form.Q5_0}
    return next((f for part, f in forms.items() if f"{part}.weight" in name), Form.Q8_0)


def turned(rows, heads):
    """Llama's files have the two rows that are turned together side by side, not half a head apart."""
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def write(family, model, path):
    config = model.config
    writer = gguf.GGUFWriter(path, family)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(head)
    if family == "qwen3":
        writer.add_key_length(head)
        writer.add_value_length(head)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(SPLITS[family])
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(CONTROL) + [1] * (len(TOKENS) - len(CONTROL)))
    writer.add_token_merges([" ".join(pair) for pair in MERGED])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(family == "llama")
    writer.add_chat_template(TEMPLATES[family])
    if family == "llama":
        theta = config.rope_parameters["rope_theta"]
        plain = 1.0 / theta ** (numpy.arange(0, head, 2, dtype=numpy.float32) / head)
        factors = plain / model.model.rotary_emb.inv_freq.numpy()
        writer.add_tensor("rope_freqs.weight", factors.astype(numpy.float32))
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            short = name_in_file(name)
            if tensor.dim() == 1:  # norms of one and biases of nothing would hide mistakes
                tensor += torch.randn(tensor.shape) * 0.3
            packed = gguf.quants.quantize(tensor.numpy(), form(short))
            tensor.copy_(torch.from_numpy(numpy.array(gguf.quants.dequantize(packed, form(short)))))
            if family == "llama" and ("attn_q" in short or "attn_k" in short):
                packed = turned(packed, getattr(config, "num_attention_heads" if "attn_q" in short else "num_key_value_heads"))
            writer.add_tensor(short, packed, raw_dtype=form(short))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class LlamaCpp:
    """llama.cpp's server over one file."""

    def __init__(self, path):
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = 512
        params.warmup = False
        params.fit_params = False
        self.server = xllamacpp.Server(params)

    def ids(self, text):
        body = json.dumps({"content": text, "add_special": False, "parse_special": True})
        request = urllib.request.Request(
            f"{self.server.listening_address}/tokenize", body.encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["tokens"]


def library_tokenizer(family):
    vocabulary = {token: id for id, token in enumerate(TOKENS)}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=MERGED, bos_token="<|start|>", eos_token="<|end|>", unk_token=None, pad_token="<|stop|>", additional_special_tokens=CONTROL)
    tokenizer.chat_template = TEMPLATES[family]
    return tokenizer


def chat(tokenizer, messages):
    messages = [{"role": role, "content": content} for role, content in messages]
    return tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )


def texts():
    pairs = json.loads((HERE / "pairs.json").read_text(encoding="utf-8"))
    parts = {text[at : at + LENGTH] for pair in pairs for text in pair for at in (0, LENGTH)}
    return random.Random(7).sample(sorted(parts), TEXTS)


def logits(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0, -1].float()


def save(path, reference):
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in reference.items())
    path.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def tiny(family, model):
    model.eval()
    folder = HERE / "llm" / family
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.gguf"
    write(family, model, path)
    cpp, library = LlamaCpp(path), library_tokenizer(family)
    ids = (lambda text: library.encode(text, add_special_tokens=False)) if family == "qwen2" else cpp.ids
    chats = []
    for messages in CHATS:
        text = chat(library, messages)
        read = ids(text)
        if family == "llama" and read[0] != 0:
            read = [0] + read
        written = []
        while len(written) < 12:
            best = int(logits(model, read + written).argmax())
            if best < len(CONTROL):
                break
            written.append(best)
        chats.append({"messages": messages, "text": text, "tokens": len(read), "answer": library.decode(written)})
    save(folder / "reference.json", {
        "prompts": [[text, ids(text)] for text in PROMPTS],
        "logits": [[round(float(x), 6) for x in logits(model, ids(text))] for text in PROMPTS],
        "texts": texts(),
        "ids": [ids(text) for text in texts()],
        "chats": chats,
    })


def real(path):
    path = Path(path).resolve()
    cpp = LlamaCpp(path)
    field = gguf.GGUFReader(path).fields
    contents = lambda key: field[key].contents()
    names = contents("tokenizer.ggml.tokens")
    # Any tokenizer does: the template alone is used.
    library = library_tokenizer("llama")
    library.chat_template = contents("tokenizer.chat_template")
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    model.eval()
    prompts = [cpp.ids(text) for text in REAL_PROMPTS]
    assert all(id < len(names) for ids in prompts for id in ids)
    best = lambda ids: [[int(i), round(float(x), 5)] for x, i in zip(*logits(model, ids).topk(20))]
    save(HERE / "llm" / "smollm2.json", {
        "prompts": list(zip(REAL_PROMPTS, prompts)),
        "highest": [best(ids) for ids in prompts],
        "texts": texts(),
        "ids": [cpp.ids(text) for text in texts()],
        "chats": [
            {"messages": messages, "sha256": hashlib.sha256(chat(library, messages).encode()).hexdigest()}
            for messages in CHATS
        ],
    })


REAL_PROMPTS = [
    "The capital of France is",
    "<|im_start|>user\nWhich is larger, the sun or the moon?<|im_end|>\n<|im_start|>assistant\n",
    "東京の人口は何人ですか",
    "the train to the coast is late because of the snow " * 80,
    "1 2 3 4 5 6 7",
]


def main():
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(2)
    for number, family in enumerate(SPLITS):
        torch.manual_seed(number)
        name, model = list(networks())[number]
        assert name == family
        tiny(family, model)
    if len(sys.argv) > 1:
        real(sys.argv[1])
    # llama.cpp's server has threads that would not end.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
