"""Writes, for each causal language model, what `make_tiny.py` writes for the other architectures.

    pip install torch==2.15.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 numpy==2.4.6
    python make_causal.py

The prompts are those of the models' cards; `reference_ids` puts them together as their code does,
in `TOKENS` tokens. `other` is another config of the same weights.
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


def network(kind, config):
    config = kind["class"](**{key: value for key, value in config.items() if value is not None})
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    return model.float().eval()


def scores(model, weights, inputs, answers):
    own = {name: weights[name].float() for name in model.state_dict()}
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
