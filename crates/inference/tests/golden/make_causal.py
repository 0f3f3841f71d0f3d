"""Writes, for each causal language model, what `make_tiny.py` writes for the other architectures.

    pip install torch==2.15.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 numpy==2.4.6
    python make_causal.py

MiniCPM is not in the library: its network is written out here, as its authors describe it. The prompts
are those of the models' cards; `reference_ids` puts them together as their code does, in `TOKENS`
tokens. `other` is another config of the same weights.
"""

import torch
from make_tiny import HERE, SENTENCES, pairs, random_weights, trained, write
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    GemmaTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2Tokenizer,
    Qwen3Config,
)

TOKENS = 256
VOCABULARY = 640

QWEN3 = {
    "before": "<|im_start|>system\nJudge whether the Document meets the requirements based on the"
    ' Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
    "<|im_start|>user\n",
    "query": "<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n"
    "<Query>: ",
    "between": "\n",
    "passage": "<Document>: ",
    "after": ["<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"],
    "answers": ["yes", "no"],
}

MXBAI = {
    "before": "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful"
    " assistant.<|im_end|>\n<|im_start|>user\n",
    "query": "query: ",
    "apart": "\n",
    "passage": "document: ",
    "after": [
        "\n",
        "You are a search relevance expert who evaluates how well documents match search queries."
        " For each query-document pair, carefully analyze the semantic relationship between them,"
        " then provide your binary relevance judgment (0 for not relevant, 1 for relevant).\n"
        "Relevance:",
        "<|im_end|>\n<|im_start|>assistant\n",
    ],
    "answers": ["1", "0"],
}

BGE = {
    "before": "<bos>",
    "query": "A: ",
    "apart": "\n",
    "passage": "B: ",
    "after": [
        "\n",
        "Given a query A and a passage B, determine whether the passage contains an answer to the"
        " query by providing a prediction of either 'Yes' or 'No'.",
    ],
    "answers": ["Yes"],
}

LAYERWISE = {**BGE, "before": "<s>", "answers": []}


def texts_of(prompt):
    """Returns all words of a prompt, so that a tiny vocabulary has the longer of them."""
    parts = [prompt["before"], prompt["query"], prompt["passage"]]
    return [*parts, *prompt["after"], *prompt["answers"]] * 4


def qwen_tokenizer(name, prompt):
    blank = Qwen2Tokenizer()

    def train():
        tokenizer = Tokenizer(BPE())
        tokenizer.normalizer = blank.backend_tokenizer.normalizer
        tokenizer.pre_tokenizer = blank.backend_tokenizer.pre_tokenizer
        trainer = BpeTrainer(
            vocab_size=VOCABULARY,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(SENTENCES * 4 + texts_of(prompt), trainer)
        return tokenizer

    model = trained(name, train)
    merges = [tuple(pair) for pair in model["merges"]]
    tokenizer = Qwen2Tokenizer(vocab=model["vocab"], merges=merges)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer.add_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.add_tokens([AddedToken(token) for token in ["<think>", "</think>"]])
    return tokenizer


def gemma_tokenizer(name, prompt):
    blank = GemmaTokenizer()
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]

    def train():
        tokenizer = Tokenizer(BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
        tokenizer.normalizer = blank.backend_tokenizer.normalizer
        tokenizer.pre_tokenizer = blank.backend_tokenizer.pre_tokenizer
        trainer = BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=[*special, *(f"<0x{byte:02X}>" for byte in range(256))],
            limit_alphabet=120,
            show_progress=False,
        )
        # Published merges reach over words, and so would these.
        texts = [text.replace("\n", " ") for text in SENTENCES * 4 + texts_of(prompt)]
        tokenizer.train_from_iterator(texts, trainer)
        return tokenizer

    model = trained(name, train)
    merges = [tuple(pair) for pair in model["merges"]]
    return GemmaTokenizer(vocab=model["vocab"], merges=merges)


def llama_tokenizer(name, prompt):
    normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>"]

    def train():
        tokenizer = Tokenizer(BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
        tokenizer.normalizer = normalizer
        trainer = BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=[*special, *(f"<0x{byte:02X}>" for byte in range(256))],
            limit_alphabet=120,
            show_progress=False,
        )
        texts = [word for text in SENTENCES * 4 + texts_of(prompt) for word in text.split()]
        tokenizer.train_from_iterator(texts, trainer)
        return tokenizer

    model = trained(name, train)
    merges = [tuple(pair) for pair in model["merges"]]
    own = BPE(vocab=model["vocab"], merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer = Tokenizer(own)
    tokenizer.normalizer = normalizer
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": TOKENS,
    "initializer_range": 0.02,
    "rms_norm_eps": 1e-06,
    "attention_dropout": 0.0,
    "use_cache": True,
}

ARCHITECTURES = {
    "qwen3": {
        "tokenizer": qwen_tokenizer,
        "prompt": QWEN3,
        "class": Qwen3Config,
        "config": {
            "architectures": ["Qwen3ForCausalLM"],
            **SIZES,
            "attention_bias": False,
            "head_dim": 16,
            "hidden_act": "silu",
            "max_window_layers": 2,
            "model_type": "qwen3",
            "rope_scaling": None,
            "rope_theta": 1000000,
            "sliding_window": None,
            "tie_word_embeddings": True,
            "use_sliding_window": False,
        },
        "other": {
            "layer_types": ["full_attention"] * 2,
            "rope_parameters": {"rope_theta": 50.0, "rope_type": "default"},
            "rope_theta": None,
            "tie_word_embeddings": False,
        },
    },
    "qwen2": {
        "tokenizer": qwen_tokenizer,
        "prompt": MXBAI,
        "class": Qwen2Config,
        "config": {
            "architectures": ["Qwen2ForCausalLM"],
            **SIZES,
            "hidden_act": "silu",
            "max_window_layers": 2,
            "model_type": "qwen2",
            "rope_theta": 1000000.0,
            "sliding_window": 16,
            "tie_word_embeddings": True,
            "use_sliding_window": False,
        },
        "other": {"num_key_value_heads": 2, "rope_theta": 30.0, "tie_word_embeddings": False},
    },
    "gemma": {
        "tokenizer": gemma_tokenizer,
        "prompt": BGE,
        "class": GemmaConfig,
        "config": {
            "architectures": ["GemmaForCausalLM"],
            **SIZES,
            "attention_bias": False,
            "bos_token_id": 2,
            "eos_token_id": 1,
            "head_dim": 16,
            "hidden_act": "gelu",
            "hidden_activation": "gelu_pytorch_tanh",
            "model_type": "gemma",
            "num_key_value_heads": 1,
            "pad_token_id": 0,
            "rope_scaling": None,
            "rope_theta": 10000.0,
        },
        "other": {
            "hidden_act": "gelu_pytorch_tanh",
            "hidden_activation": None,
            "rms_norm_eps": 1e-2,
            "tie_word_embeddings": False,
        },
    },
    "minicpm": {
        "tokenizer": llama_tokenizer,
        "prompt": LAYERWISE,
        "class": None,
        "config": {
            "architectures": ["LayerWiseMiniCPMForCausalLM"],
            **SIZES,
            "attention_bias": False,
            "bos_token_id": 1,
            "dim_model_base": 256,
            "eos_token_id": 2,
            "head_multi": True,
            "head_type": "simple",
            "hidden_act": "silu",
            "hidden_size": 16,
            "intermediate_size": 24,
            "model_type": "minicpm",
            "num_attention_heads": 2,
            "num_hidden_layers": 30,
            "num_key_value_heads": 2,
            "pretraining_tp": 1,
            "rms_norm_eps": 1e-05,
            "rope_scaling": None,
            "rope_theta": 10000.0,
            "scale_depth": 1.4,
            "scale_emb": 3,
            "start_layer": 8,
        },
        "other": {"scale_depth": 0.7, "scale_emb": 1, "start_layer": 9},
    },
}


def shortened(tokenizer, lead, query, most):
    """Returns a query of which, with its lead, at most `most` tokens are read: its end is cut."""
    tokens = tokenizer(lead + query, add_special_tokens=False, return_offsets_mapping=True)
    if len(tokens["input_ids"]) <= most:
        return query
    return query[: max(0, tokens["offset_mapping"][most - 1][1] - len(lead))]


def reference_ids(tokenizer, prompt, query, passage):
    """Returns the prompt as the reference puts it together, a passage that is too long cut.

    A query of which too little would be left for the passage is cut before: at the end, to what
    the model has for both less 64 tokens, or half of what it has if that is more.
    """
    ids = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
    before, after = ids(prompt["before"]), [id for text in prompt["after"] for id in ids(text)]
    room = TOKENS - len(before) - len(after)
    query = shortened(tokenizer, prompt["query"], query, room - min(64, room // 2))
    query, passage = prompt["query"] + query, prompt["passage"] + passage
    if "apart" in prompt:
        asked = ids(query) + ids(prompt["apart"]) + ids(passage)
    else:
        asked = ids(query + prompt["between"] + passage)
    return before + asked[:room] + after


class MiniCpm(torch.nn.Module):
    """MiniCPM (Hu et al. 2024) up to layer 28, and the head of that layer."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        hidden, inner = config["hidden_size"], config["intermediate_size"]
        shared = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
        shapes = {"model.embed_tokens": (config["vocab_size"], hidden), "model.norm": (hidden,)}
        for layer in range(config["num_hidden_layers"]):
            for name, shape in {
                "input_layernorm": (hidden,),
                "post_attention_layernorm": (hidden,),
                "self_attn.q_proj": (hidden, hidden),
                "self_attn.k_proj": (shared, hidden),
                "self_attn.v_proj": (shared, hidden),
                "self_attn.o_proj": (hidden, hidden),
                "mlp.gate_proj": (inner, hidden),
                "mlp.up_proj": (inner, hidden),
                "mlp.down_proj": (hidden, inner),
            }.items():
                shapes[f"model.layers.{layer}.{name}"] = shape
        for head in range(config["num_hidden_layers"] - config["start_layer"] + 1):
            shapes[f"lm_head.{head}.linear_head"] = (1, hidden)
        self.own = {f"{name}.weight": torch.zeros(shape) for name, shape in shapes.items()}

    def state_dict(self):
        return self.own

    def load_state_dict(self, weights):
        self.own = weights

    def normed(self, states, name):
        mean = (states**2).mean(-1, keepdim=True)
        return states / torch.sqrt(mean + self.config["rms_norm_eps"]) * self.own[f"{name}.weight"]

    def turned(self, states):
        """Returns states (tokens, heads, width) turned as far as their positions."""
        tokens, _, width = states.shape
        speeds = self.config["rope_theta"] ** (-torch.arange(0, width, 2).double() / width)
        angles = torch.outer(torch.arange(tokens).double(), speeds)[:, None, :]
        left, right = states.double().chunk(2, dim=-1)
        cos, sin = angles.cos(), angles.sin()
        return torch.cat([left * cos - right * sin, right * cos + left * sin], -1).float()

    def forward(self, ids):
        config, own = self.config, self.own
        layers = min(28, config["num_hidden_layers"])
        scale = config["scale_depth"] / config["num_hidden_layers"] ** 0.5
        states = own["model.embed_tokens.weight"][ids] * config["scale_emb"]
        for layer in range(layers):
            name = f"model.layers.{layer}."
            by = lambda part, states: states @ own[f"{name}{part}.weight"].T
            split = lambda states, heads: states.reshape(len(ids), heads, -1)
            normed = self.normed(states, f"{name}input_layernorm")
            heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
            queries = self.turned(split(by("self_attn.q_proj", normed), heads))
            keys = self.turned(split(by("self_attn.k_proj", normed), shared))
            values = split(by("self_attn.v_proj", normed), shared)
            mixed = []
            for head in range(heads):
                own_head = head * shared // heads
                scores = queries[:, head] @ keys[:, own_head].T / queries.shape[-1] ** 0.5
                later = torch.triu(torch.ones(len(ids), len(ids), dtype=torch.bool), diagonal=1)
                shares = torch.softmax(scores.masked_fill(later, -torch.inf), dim=-1)
                mixed.append(shares @ values[:, own_head])
            states = states + scale * by("self_attn.o_proj", torch.cat(mixed, -1))
            normed = self.normed(states, f"{name}post_attention_layernorm")
            gate = torch.nn.functional.silu(by("mlp.gate_proj", normed))
            states = states + scale * by("mlp.down_proj", gate * by("mlp.up_proj", normed))
        head = own[f"lm_head.{layers - config['start_layer']}.linear_head.weight"]
        return (self.normed(states[-1], "model.norm") @ head.T).item()


def network(kind, config):
    if kind["class"] is None:
        return MiniCpm(config)
    config = kind["class"](**{key: value for key, value in config.items() if value is not None})
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    return model.float().eval()


def scores(model, weights, inputs, answers):
    own = {name: weights[name].float() for name in model.state_dict()}
    if isinstance(model, MiniCpm):
        model.load_state_dict(own)
        return [float(f"{model(ids):.7g}") for ids in inputs]
    if model.config.tie_word_embeddings:
        own["lm_head.weight"] = own["model.embed_tokens.weight"]
    model.load_state_dict(own)
    result = []
    for ids in inputs:
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -1].double()
        first, *second = [logits[answer].item() for answer in answers]
        result.append(float(f"{first - sum(second):.7g}"))
    return result


def main():
    torch.set_num_threads(1)
    texts = pairs()
    for seed, (name, kind) in enumerate(ARCHITECTURES.items(), start=10):
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        prompt = kind["prompt"]
        tokenizer = kind["tokenizer"](name, prompt)
        tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
        # Published tables are larger than their vocabularies.
        config = {**kind["config"], "vocab_size": len(tokenizer) + 3}
        write(folder / "config.json", config)
        inputs = [reference_ids(tokenizer, prompt, *pair) for pair in texts]
        other = {**config, **kind["other"]}
        models = [network(kind, config), network(kind, other)]
        shapes = {k: tuple(v.shape) for model in models for k, v in model.state_dict().items()}
        weights = random_weights(shapes, 1000 * seed)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        some = inputs[::5]
        answers = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in prompt["answers"]]
        assert all(len(ids) == 1 for ids in answers), answers
        answers = [ids[0] for ids in answers]
        reference = {
            "ids": inputs,
            "logits": scores(models[0], weights, some, answers),
            "other_config": {k: v for k, v in other.items() if v is not None},
            "other_logits": scores(models[1], weights, some, answers),
        }
        write(folder / "reference.json", reference)
        full = sum(len(ids) == TOKENS for ids in inputs)
        print(name, len(tokenizer), full, min(reference["logits"]), max(reference["logits"]))


if __name__ == "__main__":
    main()
