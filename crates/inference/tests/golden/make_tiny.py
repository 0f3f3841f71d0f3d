"""Writes, for each architecture, a tiny cross-encoder and what the reference library makes of it.

    pip install torch==2.15.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 numpy==2.4.6
    python make_tiny.py

`pairs.json` has 200 queries and passages. A folder for each architecture has

- `config.json`, in the form in which the models are published;
- `tokenizer.json`, of the same kind as theirs, trained here on the words below: once, as training
  breaks ties at random; without the file it is trained anew. What puts pairs together comes from
  the reference library's own class where there is one;
- `model.safetensors`: random weights, in bfloat16 so that 16-bit files are read too;
- `reference.json`: ids of all pairs, and logits of every fifth in 32-bit floats. `other` is
  another config of the same weights with its logits: what the published models do not use.

`xlm-roberta-flash` is XLM-RoBERTa with its tensors named as the library flash-attention names them.
"""

import json
import random
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, Unigram, WordPiece
from tokenizers.trainers import BpeTrainer, UnigramTrainer, WordPieceTrainer
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertTokenizer,
    DebertaV2Config,
    DebertaV2Tokenizer,
    ModernBertConfig,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaTokenizer,
)

HERE = Path(__file__).parent
TOKENS = 96
PAIRS = 200
VOCABULARY = 400

SENTENCES = """
how many people live in the old town by the river
the town had a population of 3,520,031 registered inhabitants in an area of 891.82 square kilometres
the bakery opens at six and closes when the bread is gone
water boils at a lower temperature in the mountains
a search engine ranks passages by how well they answer a query
the backup failed because the disk of node 14 was full
error E-2041: the door did not close within 3.5 seconds
she missed the last train to the coast and walked home in the rain
boil the stock, add salt at the end, and keep the soup warm
der Zug nach Köln fährt heute über Düsseldorf und hält überall
die Straße ist wegen Bauarbeiten gesperrt, die Umleitung führt über den Marktplatz
le café près de la gare est fermé à cause des travaux
où se trouve la bibliothèque municipale, s'il vous plaît
el pingüino cruzó la calle sin mirar a los coches
μία πόλη δίπλα στη θάλασσα με πολλά μικρά σπίτια
сколько людей живёт в старом городе у реки
поезд опоздал на двадцать минут из-за снега
東京の人口は何人ですか
電車は雪のために遅れました
北京今天的天气怎么样
这座城市有很多公园和博物馆
كم عدد سكان المدينة القديمة
القطار متأخر بسبب الثلج
पुराने शहर में कितने लोग रहते हैं
서울의 인구는 얼마입니까
""".strip().splitlines()

# Not in what the tokenizers are trained on.
STRANGERS = [
    "🦀 and 👩‍🚀 went to 🇫🇷 🎉🎉",
    "ประชากรของกรุงเทพมหานครมีกี่คน",
    "ﬁne ﬂour, ½ cup, ™ and ①②③, ＦＵＬＬ ｗｉｄｔｈ",
    "e\u0301te\u0301 nai\u0308ve A\u030angstro\u0308m",
    "tabs\tand\nnew lines\r\n and   many    spaces \u00a0 \u3000 here",
    "zero\u200bwidth\u200djoiners and\u0000controls\u0007",
    "x" * 150,
    "fn main() { println!(\"{:?}\", vec![1u8; 3]); } // λ → ∞",
    "https://example.org/a/b?c=d&e=%20#f",
    "👍🏽",
    "ⴰⵎⴰⵣⵉⵖ ᚠᚢᚦ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𒀀",
    "…—“quoted”–‘single’ «guillemets»",
    "1234567890 12.345,67 1e-12",
    "ALL CAPITALS and MiXeD cAsE İstanbul ſtraße",
]


def pairs():
    draw = random.Random(5)
    texts = SENTENCES + STRANGERS
    sentence = lambda: draw.choice(texts)
    some = lambda most: " ".join(sentence() for _ in range(draw.randint(1, most)))
    result = [["", ""], ["", sentence()], [sentence(), ""], [" ", "\n"], ["a", "a"]]
    result += [[text, text] for text in STRANGERS]
    result += [[sentence(), " ".join(draw.choices(texts, k=12))] for _ in range(30)]  # cut
    result += [[" ".join(draw.choices(texts, k=12)), some(3)] for _ in range(15)]  # cut query
    while len(result) < PAIRS:
        result.append([sentence(), some(3)])
    return result


def trained(name, train):
    """Returns the model of a tokenizer as its JSON has it: the one that is there, or a new one."""
    path = HERE / name / "tokenizer.json"
    text = path.read_text(encoding="utf-8") if path.exists() else train().to_str()
    return json.loads(text)["model"]


def pieces(name, normalizer, pre_tokenizer, special):
    """Returns a Unigram vocabulary without special pieces."""

    def train():
        tokenizer = Tokenizer(Unigram())
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
        trainer = UnigramTrainer(
            vocab_size=VOCABULARY, unk_token=special[-2], special_tokens=special, show_progress=False
        )
        tokenizer.train_from_iterator(SENTENCES * 4, trainer)
        return tokenizer

    vocabulary = trained(name, train)["vocab"]
    return [(piece, round(score, 3)) for piece, score in vocabulary if piece not in special]


def bert_tokenizer():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

    def train():
        tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = WordPieceTrainer(
            vocab_size=VOCABULARY, special_tokens=special, show_progress=False
        )
        tokenizer.train_from_iterator(SENTENCES * 4, trainer)
        return tokenizer

    return BertTokenizer(vocab=trained("bert", train)["vocab"])


def unigram(name, normalizer, pre_tokenizer, special):
    """Returns a vocabulary with its special pieces: the last of them last, the others first."""
    middle = pieces(name, normalizer, pre_tokenizer, special)
    *first, last = [(piece, 0.0) for piece in special]
    return [*first, *middle, last]


def xlm_roberta_tokenizer():
    # The published one has SentencePiece's table of NFKC and more; this is NFKC itself.
    normalizer = normalizers.NFKC()
    split = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = XLMRobertaTokenizer(vocab=unigram("xlm-roberta", normalizer, split, special))
    tokenizer.backend_tokenizer.normalizer = normalizer
    return tokenizer


def deberta_v2_tokenizer():
    normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "),
            normalizers.NFC(),
            normalizers.Strip(left=False, right=True),
        ]
    )
    split = pre_tokenizers.Metaspace(prepend_scheme="always")
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    vocabulary = unigram("deberta-v2", normalizer, split, special)
    return DebertaV2Tokenizer(vocab=vocabulary, unk_id=3)


def modernbert_tokenizer():
    split = pre_tokenizers.ByteLevel(add_prefix_space=False)

    def train():
        tokenizer = Tokenizer(BPE())
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.NFC(), split
        trainer = BpeTrainer(
            vocab_size=VOCABULARY,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(SENTENCES * 4, trainer)
        return tokenizer

    model = trained("modernbert", train)
    tokenizer = Tokenizer(BPE(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]]))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.NFC(), split
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken("   ", normalized=True), AddedToken("  ", normalized=True)])
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ["[CLS]", "[SEP]"]],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        mask_token="[MASK]",
    )


SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "id2label": {"0": "LABEL_0"},
    "label2id": {"LABEL_0": 0},
}
DROPOUT = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}

ARCHITECTURES = {
    "bert": {
        "tokenizer": bert_tokenizer,
        "class": BertConfig,
        "separators": 1,
        "config": {
            "architectures": ["BertForSequenceClassification"],
            **SIZES,
            **DROPOUT,
            "hidden_act": "gelu",
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": TOKENS,
            "model_type": "bert",
            "pad_token_id": 0,
            "position_embedding_type": "absolute",
            "type_vocab_size": 2,
        },
    },
    "xlm-roberta": {
        "tokenizer": xlm_roberta_tokenizer,
        "class": XLMRobertaConfig,
        "separators": 2,
        "config": {
            "architectures": ["XLMRobertaForSequenceClassification"],
            **SIZES,
            **DROPOUT,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "hidden_act": "gelu",
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-05,
            "max_position_embeddings": TOKENS + 2,
            "model_type": "xlm-roberta",
            "output_past": True,
            "pad_token_id": 1,
            "position_embedding_type": "absolute",
            "type_vocab_size": 1,
        },
    },
    "deberta-v2": {
        "tokenizer": deberta_v2_tokenizer,
        "class": DebertaV2Config,
        "separators": 1,
        "config": {
            "architectures": ["DebertaV2ForSequenceClassification"],
            **SIZES,
            **DROPOUT,
            "hidden_act": "gelu",
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-07,
            "max_position_embeddings": TOKENS,
            "max_relative_positions": -1,
            "model_type": "deberta-v2",
            "norm_rel_ebd": "layer_norm",
            "pad_token_id": 0,
            "pooler_dropout": 0,
            "pooler_hidden_act": "gelu",
            "pooler_hidden_size": 32,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
            "position_buckets": 16,
            "relative_attention": True,
            "share_att_key": True,
            "type_vocab_size": 0,
        },
        "other": {
            "norm_rel_ebd": "none",
            "pos_att_type": "c2p",
            "position_biased_input": True,
            "position_buckets": -1,
            "max_relative_positions": 16,
            "share_att_key": False,
            "type_vocab_size": 2,
        },
    },
    "modernbert": {
        "tokenizer": modernbert_tokenizer,
        "class": ModernBertConfig,
        "separators": 1,
        "config": {
            "architectures": ["ModernBertForSequenceClassification"],
            **SIZES,
            "num_hidden_layers": 4,
            "attention_bias": False,
            "attention_dropout": 0.0,
            "classifier_activation": "gelu",
            "classifier_bias": False,
            "classifier_dropout": 0.0,
            "classifier_pooling": "mean",
            "global_attn_every_n_layers": 3,
            "global_rope_theta": 160000.0,
            "hidden_activation": "gelu",
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-05,
            "local_attention": 16,
            "local_rope_theta": 10000.0,
            "max_position_embeddings": TOKENS,
            "mlp_bias": False,
            "model_type": "modernbert",
            "norm_bias": False,
            "norm_eps": 1e-05,
            "position_embedding_type": "absolute",
        },
        "other": {
            "classifier_pooling": "cls",
            "global_attn_every_n_layers": None,
            "global_rope_theta": None,
            "local_rope_theta": None,
            "layer_types": ["sliding_attention", "full_attention"] * 2,
            "rope_parameters": {
                "full_attention": {"rope_type": "default", "rope_theta": 500.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 20.0},
            },
        },
    },
    # As jina-reranker v2 is published: without a model type.
    "xlm-roberta-flash": {
        "tokenizer": xlm_roberta_tokenizer,
        "class": XLMRobertaConfig,
        "separators": 2,
        "flash": True,
        "config": {
            "architectures": ["XLMRobertaForSequenceClassification"],
            **SIZES,
            **DROPOUT,
            "bos_token_id": 0,
            "classifier_dropout": None,
            "emb_pooler": None,
            "eos_token_id": 2,
            "hidden_act": "gelu",
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-05,
            "max_position_embeddings": TOKENS + 2,
            "num_labels": 1,
            "output_past": True,
            "pad_token_id": 1,
            "position_embedding_type": "absolute",
            "torch_dtype": "bfloat16",
            "type_vocab_size": 1,
            "use_cache": False,
            "use_flash_attn": True,
        },
    },
}


def reference_ids(tokenizer, query, passage, separators):
    """Returns the pair as the reference puts it together, a passage that is too long cut.

    A query of which too little would be left for the passage is cut before: at the end, to what
    the model has less 64 tokens, or half of what it has if that is more.
    """
    room = TOKENS - 2 - separators
    limit = room - min(64, room // 2)
    plain = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
    first, second = plain(query), plain(passage)
    cut = first[:limit]
    [cls], [sep] = [tokenizer.cls_token_id], [tokenizer.sep_token_id]
    ids = [cls] + cut + [sep] * separators + second[: room - len(cut)] + [sep]
    if len(first) <= limit:
        # As a list, as cross-encoders call it: alone, an empty passage would be taken for none.
        own = tokenizer([query], [passage], truncation="only_second", max_length=TOKENS)
        assert own["input_ids"] == [ids], (query, passage)
    return ids, [0] * (1 + len(cut) + separators) + [1] * (len(ids) - 1 - len(cut) - separators)


def random_weights(shapes, seed):
    """Returns weights wide enough that attention is far from even, the same for the same name."""
    weights = {}
    for name, shape in sorted(shapes.items()):
        draw = numpy.random.RandomState(seed + sum(name.encode()) * 7)
        if name.endswith("bias"):
            middle, width = 0.0, 0.2
        elif "norm" in name.lower():
            middle, width = 1.0, 0.3
        elif "embeddings" in name:
            middle, width = 0.0, 1.0
        else:
            middle, width = 0.0, 3.0 / shape[-1] ** 0.5
        values = middle + width * draw.uniform(-1, 1, shape)
        weights[name] = torch.tensor(values, dtype=torch.float32).bfloat16()
    return weights


def flash_names(weights):
    """Returns XLM-RoBERTa's weights as flash-attention stores them: queries, keys and values in one."""
    parts = {
        "embeddings.LayerNorm": "emb_ln",
        "encoder.layer.": "encoder.layers.",
        "attention.self.query": "mixer.Wqkv",
        "attention.output.dense": "mixer.out_proj",
        "attention.output.LayerNorm": "norm1",
        "intermediate.dense": "mlp.fc1",
        "output.dense": "mlp.fc2",
        "output.LayerNorm": "norm2",
    }
    result = {}
    for name, tensor in weights.items():
        if "self.key" in name or "self.value" in name:
            continue
        if "self.query" in name:
            three = [name.replace("query", part) for part in ["query", "key", "value"]]
            tensor = torch.cat([weights[part] for part in three])
        for usual, own in parts.items():
            name = name.replace(usual, own)
        result[name] = tensor
    return result


def network(kind, config):
    config = kind["class"](**{key: value for key, value in config.items() if value is not None})
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")
    return model.float().eval()


def logits(model, weights, inputs, typed):
    own = {name: weights[name].float() for name in model.state_dict()}
    model.load_state_dict(own)
    result = []
    for ids, types in inputs:
        ids, types = torch.tensor([ids]), torch.tensor([types])
        with torch.no_grad():
            out = model(ids, token_type_ids=types) if typed else model(ids)
        result.append(float(f"{out.logits.item():.7g}"))
    return result


def write(path, value):
    rows = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(row, ensure_ascii=False, separators=(',', ':'))}"
        for key, row in value.items()
    )
    path.write_text("{\n" + rows + "\n}\n", encoding="utf-8")


def main():
    torch.set_num_threads(1)
    texts = pairs()
    rows = ",\n".join(json.dumps(pair, ensure_ascii=False) for pair in texts)
    (HERE / "pairs.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")
    for seed, (name, kind) in enumerate(ARCHITECTURES.items()):
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        tokenizer = kind["tokenizer"]()
        tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
        # Published tables are larger than their vocabularies.
        config = {**kind["config"], "vocab_size": len(tokenizer) + 3}
        if name == "modernbert":
            for part in ["bos", "eos", "cls", "sep", "pad"]:
                own = {"bos": "cls", "eos": "sep"}.get(part, part)
                config[f"{part}_token_id"] = getattr(tokenizer, f"{own}_token_id")
        write(folder / "config.json", config)
        inputs = [reference_ids(tokenizer, *pair, kind["separators"]) for pair in texts]
        model = network(kind, config)
        shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
        other = {**config, **kind.get("other", {})}
        other_model = network(kind, other)
        shapes |= {key: tuple(value.shape) for key, value in other_model.state_dict().items()}
        weights = random_weights(shapes, 1000 * seed)
        stored = flash_names(weights) if "flash" in kind else weights
        save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
        some = inputs[::5]
        reference = {
            "ids": [ids for ids, _ in inputs],
            "logits": logits(model, weights, some, name == "bert"),
        }
        if "other" in kind:
            typed = other.get("type_vocab_size", 0) > 0
            reference["other_config"] = {k: v for k, v in other.items() if v is not None}
            reference["other_logits"] = logits(other_model, weights, some, typed)
        write(folder / "reference.json", reference)
        print(name, len(tokenizer), min(reference["logits"]), max(reference["logits"]))


if __name__ == "__main__":
    main()
