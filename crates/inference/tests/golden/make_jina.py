"""Writes for BERT with ALiBi what `make_tiny.py` writes for the other architectures.

    pip install torch==2.15.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 numpy==2.4.6
    python make_jina.py

The library does not have this network: it is written out here, as its authors describe it. `other`
is another config of the same weights.
"""

import math

import torch
from make_tiny import HERE, SENTENCES, VOCABULARY, pairs, random_weights, reference_ids, trained, write
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from torch.nn.functional import gelu, layer_norm, linear
from transformers import PreTrainedTokenizerFast

TOKENS = 96
CONFIG = {
    "architectures": ["JinaBertForSequenceClassification"],
    "attention_probs_dropout_prob": 0.0,
    "emb_pooler": "mean",
    "feed_forward_type": "geglu",
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 36,
    "initializer_range": 0.02,
    "intermediate_size": 48,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": TOKENS,
    "model_type": "bert",
    "num_attention_heads": 6,
    "num_hidden_layers": 2,
    "pad_token_id": 1,
    "position_embedding_type": "alibi",
    "type_vocab_size": 2,
}
OTHER = {"num_attention_heads": 4, "layer_norm_eps": 1e-2}


def roberta_tokenizer():
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    split = pre_tokenizers.ByteLevel(add_prefix_space=False)

    def train():
        tokenizer = Tokenizer(BPE())
        tokenizer.pre_tokenizer = split
        trainer = BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(SENTENCES * 4, trainer)
        return tokenizer

    model = trained("jina-bert", train)
    tokenizer = Tokenizer(BPE(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]]))
    tokenizer.pre_tokenizer, tokenizer.decoder = split, decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")),
        ("<s>", tokenizer.token_to_id("<s>")),
        trim_offsets=True,
        add_prefix_space=False,
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    )


def shapes(config):
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    norm = lambda name: {f"{name}.weight": (hidden,), f"{name}.bias": (hidden,)}
    square = lambda name: {f"{name}.weight": (hidden, hidden), f"{name}.bias": (hidden,)}
    result = {
        "bert.embeddings.word_embeddings.weight": (config["vocab_size"], hidden),
        "bert.embeddings.token_type_embeddings.weight": (config["type_vocab_size"], hidden),
        **norm("bert.embeddings.LayerNorm"),
        **square("bert.pooler.dense"),
        "classifier.weight": (1, hidden),
        "classifier.bias": (1,),
    }
    for layer in range(config["num_hidden_layers"]):
        name = f"bert.encoder.layer.{layer}."
        for part in ["self.query", "self.key", "self.value", "output.dense"]:
            result |= square(f"{name}attention.{part}")
        result |= norm(f"{name}attention.output.LayerNorm") | norm(f"{name}mlp.layernorm")
        result[f"{name}mlp.gated_layers.weight"] = (2 * inner, hidden)
        result |= {f"{name}mlp.wo.weight": (hidden, inner), f"{name}mlp.wo.bias": (hidden,)}
    return result


def slopes(heads):
    """Returns the slopes of ALiBi as its paper has them, and its code for the heads that are over."""
    if math.log2(heads).is_integer():
        return [2 ** (-8 * (head + 1) / heads) for head in range(heads)]
    even = 2 ** math.floor(math.log2(heads))
    return slopes(even) + slopes(2 * even)[0::2][: heads - even]


def logit(config, weights, ids):
    norm = lambda name, states: layer_norm(
        states, states.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"],
        config["layer_norm_eps"],
    )
    by = lambda name, states: linear(states, weights[f"{name}.weight"], weights.get(f"{name}.bias"))
    heads, inner = config["num_attention_heads"], config["intermediate_size"]
    places = torch.arange(len(ids))
    apart = (places[:, None] - places[None, :]).abs()
    # Its tokenizer tells no types, and the network then takes the first.
    states = weights["bert.embeddings.word_embeddings.weight"][ids]
    states = states + weights["bert.embeddings.token_type_embeddings.weight"][0]
    states = norm("bert.embeddings.LayerNorm", states)
    for layer in range(config["num_hidden_layers"]):
        name = f"bert.encoder.layer.{layer}."
        split = lambda part: by(f"{name}attention.self.{part}", states).chunk(heads, dim=-1)
        mixed = []
        for query, key, value, slope in zip(split("query"), split("key"), split("value"), slopes(heads)):
            scores = query @ key.T / query.shape[-1] ** 0.5 - slope * apart
            mixed.append(torch.softmax(scores, dim=-1) @ value)
        added = by(f"{name}attention.output.dense", torch.cat(mixed, -1))
        states = norm(f"{name}attention.output.LayerNorm", states + added)
        wide = by(f"{name}mlp.gated_layers", states)
        added = by(f"{name}mlp.wo", gelu(wide[:, :inner]) * wide[:, inner:])
        states = norm(f"{name}mlp.layernorm", states + added)
    pooled = torch.tanh(by("bert.pooler.dense", states[:1]))
    return float(f"{by('classifier', pooled).item():.7g}")


def main():
    torch.set_num_threads(1)
    folder = HERE / "jina-bert"
    folder.mkdir(exist_ok=True)
    tokenizer = roberta_tokenizer()
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    config = {**CONFIG, "vocab_size": len(tokenizer) + 3}
    write(folder / "config.json", config)
    weights = random_weights(shapes(config), 20000)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    inputs = [reference_ids(tokenizer, *pair, 2)[0] for pair in pairs()]
    wide = {name: tensor.float() for name, tensor in weights.items()}
    logits = lambda config: [logit(config, wide, ids) for ids in inputs[::5]]
    other = {**config, **OTHER}
    reference = {
        "ids": inputs,
        "logits": logits(config),
        "other_config": other,
        "other_logits": logits(other),
    }
    write(folder / "reference.json", reference)
    print(len(tokenizer), min(reference["logits"]), max(reference["logits"]))


if __name__ == "__main__":
    main()
