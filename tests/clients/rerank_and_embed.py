r"""Checks that others' clients, unchanged, are answered as by the services they were written for.

    pip install cohere huggingface_hub langchain-cohere openai voyageai \
        llama-index-postprocessor-{cohere,jinaai,tei}-rerank
    rerank_and_embed.py URL [--busy URL] [--locked URL]

URL is a server with an encoder and a reranker and without a key. The others, if given, are one that
answers every request with 429 and one that wants a key; they check the classes of those errors.
"""

import argparse
import asyncio
import sys
import traceback
import unittest

import cohere
import huggingface_hub
import openai
import voyageai
from langchain_cohere import CohereEmbeddings, CohereRerank
from langchain_core.documents import Document
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.postprocessor.cohere_rerank import CohereRerank as LlamaCohereRerank
from llama_index.postprocessor.jinaai_rerank import JinaRerank
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference

QUERY = "What is the capital of the United States?"
BEST = 2
DOCUMENTS = [
    "Bananas are rich in potassium.",
    "Rust is a programming language without a garbage collector.",
    "Washington, D.C. is the capital of the United States.",
    "The giant panda is a bear species endemic to China.",
]

arguments = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
arguments.add_argument("url")
arguments.add_argument("--busy")
arguments.add_argument("--locked")
arguments = arguments.parse_args()
URL = arguments.url


def ranked(indices, scores, documents=len(DOCUMENTS)):
    """Checks an order: the best first, nothing twice, falling scores in [0, 1]."""
    assert indices[0] == BEST, indices
    assert len(indices) == documents and len(set(indices)) == documents, indices
    assert scores == sorted(scores, reverse=True), scores
    assert all(0 <= score <= 1 for score in scores), scores


def hits(results, documents=len(DOCUMENTS)):
    ranked([hit.index for hit in results], [hit.relevance_score for hit in results], documents)


def raises(error, call, *args, **kwargs):
    """Returns the error of a class that a call raises."""
    try:
        call(*args, **kwargs)
    except error as raised:
        assert type(raised) is error, type(raised)
        return raised
    raise AssertionError(f"no {error.__name__}")


def near(vector, other):
    """Checks that vectors are the same but for the order in which their parts were added up."""
    assert all(abs(a - b) < 1e-5 for a, b in zip(vector, other, strict=True))


def given(name):
    """Returns the address of one of the other servers, without which a test is skipped."""
    if not vars(arguments)[name]:
        raise unittest.SkipTest
    return vars(arguments)[name]


def nodes():
    return [NodeWithScore(node=TextNode(text=text), score=0.0) for text in DOCUMENTS]


def cohere_v2(url=URL):
    return cohere.ClientV2("key", base_url=url)


def cohere_v1(url=URL):
    return cohere.Client("key", base_url=url)


def voyage(url=URL):
    return voyageai.Client("key", base_url=f"{url}/v1", max_retries=1)


def open_ai(url=URL):
    return openai.OpenAI(api_key="key", base_url=f"{url}/v1", max_retries=0)


RERANK = {"model": "rerank-v3.5", "query": QUERY, "documents": DOCUMENTS}
ONCE = {"request_options": {"max_retries": 0}}


def test_cohere_v2_rerank():
    answer = cohere_v2().rerank(**RERANK)
    hits(answer.results)
    assert answer.id and answer.meta.api_version.version == "2"
    assert answer.meta.billed_units.search_units == 1 and answer.meta.warnings is None
    hits(cohere_v2().rerank(**RERANK, top_n=2, max_tokens_per_doc=100).results, 2)


def test_cohere_v2_rerank_async():
    async def rerank():
        return await cohere.AsyncClientV2("key", base_url=URL).rerank(**RERANK)

    hits(asyncio.run(rerank()).results)


def test_cohere_v1_rerank():
    answer = cohere_v1().rerank(**RERANK, return_documents=True)
    hits(answer.results)
    assert all(hit.document.text == DOCUMENTS[hit.index] for hit in answer.results)
    assert answer.meta.api_version.version == "1"
    assert all(hit.document is None for hit in cohere_v1().rerank(**RERANK).results)


def test_cohere_v1_rerank_async():
    async def rerank():
        return await cohere.AsyncClient("key", base_url=URL).rerank(**RERANK)

    hits(asyncio.run(rerank()).results)


def test_cohere_v1_rank_fields():
    documents = [{"title": text, "id": str(at)} for at, text in enumerate(DOCUMENTS)]
    answer = cohere_v1().rerank(
        query=QUERY, documents=documents, rank_fields=["title"], return_documents=True
    )
    hits(answer.results)
    assert all(hit.document.id == str(hit.index) for hit in answer.results)


def test_cohere_budget():
    options = {"additional_body_parameters": {"budget_ms": 0}}
    answer = cohere_v2().rerank(**RERANK, request_options=options)
    assert len(answer.results) == len(DOCUMENTS) and "budget_ms 0" in answer.meta.warnings[0]


def test_cohere_refuses():
    for bad in [
        {"documents": []},
        {"query": " "},
        {"top_n": 0},
        {"documents": ["a", None]},
        {"documents": "a"},
    ]:
        for client in [cohere_v2(), cohere_v1()]:
            error = raises(cohere.BadRequestError, client.rerank, **{**RERANK, **bad})
            assert next(iter(bad)) in error.body["message"], error.body


def test_cohere_embed():
    texts = {"texts": DOCUMENTS, "model": "embed-v4.0", "input_type": "search_document"}
    by_type = cohere_v2().embed(**texts, embedding_types=["float"])
    vectors = by_type.embeddings.float_
    assert len(vectors) == len(DOCUMENTS) and by_type.texts == DOCUMENTS
    near(cohere_v1().embed(**texts).embeddings[0], vectors[0])
    near(cohere_v1().embed(**texts, embedding_types=["float"]).embeddings.float_[0], vectors[0])
    # More than the client sends at a time.
    many = cohere_v1().embed(**{**texts, "texts": DOCUMENTS * 30}).embeddings
    assert len(many) == 30 * len(DOCUMENTS)
    near(many[-1], vectors[-1])
    bad = {**texts, "embedding_types": ["int8"]}
    error = raises(cohere.BadRequestError, cohere_v2().embed, **bad)
    assert "embedding_types[0]" in error.body["message"]


def test_langchain_cohere_rerank():
    rerank = CohereRerank(cohere_api_key="key", base_url=URL, model="rerank-v3.5", top_n=2)
    documents = [Document(text, metadata={"at": at}) for at, text in enumerate(DOCUMENTS)]

    def check(found):
        scores = [document.metadata["relevance_score"] for document in found]
        ranked([document.metadata["at"] for document in found], scores, 2)

    check(rerank.compress_documents(documents, QUERY))
    check(asyncio.run(rerank.acompress_documents(documents, QUERY)))


def test_langchain_cohere_embeddings():
    embeddings = CohereEmbeddings(cohere_api_key="key", base_url=URL, model="embed-v4.0")
    documents = embeddings.embed_documents(DOCUMENTS)
    assert len(documents) == len(DOCUMENTS)
    near(asyncio.run(embeddings.aembed_documents(DOCUMENTS))[0], documents[0])
    assert len(embeddings.embed_query(QUERY)) == len(documents[0])


def test_llama_index_reranks():
    for rerank in [
        LlamaCohereRerank(api_key="key", base_url=URL, top_n=2, max_retries=1),
        JinaRerank(api_key="key", base_url=f"{URL}/v1", top_n=2),
        TextEmbeddingInference(base_url=URL, top_n=2),
    ]:
        bundle = QueryBundle(QUERY)
        for found in [
            rerank.postprocess_nodes(nodes(), query_bundle=bundle),
            asyncio.run(rerank.apostprocess_nodes(nodes(), query_bundle=bundle)),
        ]:
            order = [DOCUMENTS.index(node.text) for node in found]
            ranked(order, [node.score for node in found], 2)


def test_jina_refuses():
    rerank = JinaRerank(api_key="key", base_url=f"{URL}/v1", top_n=0)
    error = raises(RuntimeError, rerank.postprocess_nodes, nodes(), query_bundle=QueryBundle(QUERY))
    assert "top_n" in str(error)


def test_voyage_rerank():
    answer = voyage().rerank(QUERY, DOCUMENTS, "rerank-2.5")
    hits(answer.results)
    assert answer.total_tokens > 0 and answer.results[0].document == DOCUMENTS[BEST]
    hits(voyage().rerank(QUERY, DOCUMENTS, "rerank-2.5", top_k=2).results, 2)

    async def rerank():
        client = voyageai.AsyncClient("key", base_url=f"{URL}/v1", max_retries=1)
        return await client.rerank(QUERY, DOCUMENTS, "rerank-2.5")

    hits(asyncio.run(rerank()).results)


def test_voyage_embed():
    answer = voyage().embed(DOCUMENTS, "voyage-3.5", input_type="document")
    assert len(answer.embeddings) == len(DOCUMENTS) and answer.total_tokens > 0

    async def embed():
        client = voyageai.AsyncClient("key", base_url=f"{URL}/v1", max_retries=1)
        return await client.embed(DOCUMENTS, "voyage-3.5", input_type="document")

    near(asyncio.run(embed()).embeddings[0], answer.embeddings[0])


def test_voyage_refuses():
    invalid = voyageai.error.InvalidRequestError
    error = raises(invalid, voyage().rerank, QUERY, [], "rerank-2.5")
    assert "documents" in str(error)
    raises(invalid, voyage().embed, DOCUMENTS, "voyage-3.5", output_dtype="int8")


def test_open_ai_embeddings():
    ask = {"model": "text-embedding-3-small", "input": DOCUMENTS}
    base64 = open_ai().embeddings.create(**ask)
    floats = open_ai().embeddings.create(**ask, encoding_format="float")
    assert [datum.index for datum in base64.data] == list(range(len(DOCUMENTS)))
    assert base64.usage.total_tokens > 0
    for one, other in zip(base64.data, floats.data, strict=True):
        near(one.embedding, other.embedding)
        assert abs(sum(x * x for x in other.embedding) - 1) < 1e-4
    one = open_ai().embeddings.create(model="m", input=DOCUMENTS[0], encoding_format="float")
    near(one.data[0].embedding, floats.data[0].embedding)
    dimensions = len(one.data[0].embedding)
    open_ai().embeddings.create(**ask, dimensions=dimensions)

    async def embed():
        client = openai.AsyncOpenAI(api_key="key", base_url=f"{URL}/v1")
        return await client.embeddings.create(**ask)

    near(asyncio.run(embed()).data[0].embedding, base64.data[0].embedding)


def test_open_ai_query():
    def embed(**body):
        answer = open_ai().embeddings.create(
            model="m", input=QUERY, encoding_format="float", extra_body=body
        )
        return answer.data[0].embedding

    near(embed(), embed(input_type="document"))
    assert len(embed(input_type="query")) == len(embed())


def test_open_ai_refuses():
    create = open_ai().embeddings.create
    error = raises(openai.BadRequestError, create, model="m", input=[1, 2, 3])
    assert error.param == "input" and "token ids" in error.message
    raises(openai.BadRequestError, create, model="m", input=[])
    error = raises(openai.BadRequestError, create, model="m", input="a", dimensions=1)
    assert error.param == "dimensions" and error.type == "invalid_request_error"


def test_open_ai_models():
    models = open_ai().models.list().data
    assert models and all(open_ai().models.retrieve(model.id) == model for model in models)
    error = raises(openai.NotFoundError, open_ai().models.retrieve, "nothing")
    assert error.code == "model_not_found"


def test_hugging_face_embeds():
    client = huggingface_hub.InferenceClient(model=f"{URL}/embed")
    vectors = client.feature_extraction(DOCUMENTS, normalize=True, truncate=True)
    assert vectors.shape[0] == len(DOCUMENTS)
    assert client.feature_extraction(QUERY, prompt_name="query").shape == (1, vectors.shape[1])


def test_busy():
    url = given("busy")
    raises(cohere.TooManyRequestsError, cohere_v2(url).rerank, **RERANK, **ONCE)
    raises(cohere.TooManyRequestsError, cohere_v1(url).rerank, **RERANK, **ONCE)
    raises(voyageai.error.RateLimitError, voyage(url).rerank, QUERY, DOCUMENTS, "rerank-2.5")
    raises(openai.RateLimitError, open_ai(url).embeddings.create, model="m", input="a")


def test_locked():
    url = given("locked")
    raises(cohere.UnauthorizedError, cohere_v2(url).rerank, **RERANK)
    raises(cohere.UnauthorizedError, cohere_v1(url).rerank, **RERANK)
    raises(voyageai.error.AuthenticationError, voyage(url).rerank, QUERY, DOCUMENTS, "m")
    raises(openai.AuthenticationError, open_ai(url).embeddings.create, model="m", input="a")


def main():
    results = {"passed": 0, "failed": 0, "skipped": 0}
    for test in [test for name, test in globals().items() if name.startswith("test_")]:
        try:
            test()
            result = "passed"
        except unittest.SkipTest:
            result = "skipped"
        except Exception:
            traceback.print_exc()
            result = "failed"
        print(f"{test.__name__}: {result}")
        results[result] += 1
    print(", ".join(f"{count} {result}" for result, count in results.items()))
    sys.exit(results["failed"] > 0)


main()
