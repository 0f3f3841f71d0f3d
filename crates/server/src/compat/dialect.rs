//! Which API a request was written for.

use super::fields::Fields;

/// An API whose clients are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Cohere's of version 2.
    CohereV2,
    /// Cohere's of version 1, with documents that have fields.
    CohereV1,
    /// Jina's.
    Jina,
    /// Voyage's.
    Voyage,
    /// That of text-embeddings-inference.
    Tei,
    /// The rerank of servers that answer as Jina's and fail as OpenAI's: llama.cpp, vLLM.
    LlamaCpp,
    /// OpenAI's embeddings.
    OpenAi,
}

/// What a path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/rerank` and `/v1/rerank`, which several APIs share.
    Rerank,
    /// `/reranking` and `/v1/reranking`, which only llama.cpp has.
    Reranking,
    /// `/v2/rerank`.
    RerankV2,
    /// `/embeddings` and `/v1/embeddings`.
    Embeddings,
    /// `/embed`.
    Embed,
    /// `/v1/embed`.
    EmbedV1,
    /// `/v2/embed`.
    EmbedV2,
}

/// The headers that tell a client.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Headers<'a> {
    client_name: Option<&'a str>,
    user_agent: Option<&'a str>,
    sdk_name: Option<&'a str>,
}

impl Route {
    /// Returns what a path asks for, if it is one of these.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        match path {
            "/rerank" | "/v1/rerank" => Some(Self::Rerank),
            "/reranking" | "/v1/reranking" => Some(Self::Reranking),
            "/v2/rerank" => Some(Self::RerankV2),
            "/embeddings" | "/v1/embeddings" => Some(Self::Embeddings),
            "/embed" => Some(Self::Embed),
            "/v1/embed" => Some(Self::EmbedV1),
            "/v2/embed" => Some(Self::EmbedV2),
            _ => None,
        }
    }
}

impl<'a> Headers<'a> {
    /// Returns the headers of a request; `get` looks one up by its name in lower case.
    pub(crate) fn read(get: impl Fn(&'static str) -> Option<&'a str>) -> Self {
        Self {
            client_name: get("x-client-name"),
            user_agent: get("user-agent"),
            // Cohere's older clients name themselves here alone.
            sdk_name: get("x-fern-sdk-name"),
        }
    }

    fn are_of_cohere(self) -> bool {
        let names =
            |value: &str| value.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("cohere"));
        self.client_name.is_some()
            || self.user_agent.is_some_and(names)
            || self.sdk_name.is_some_and(names)
    }
}

impl Dialect {
    /// Returns the dialect as far as it shows without the body.
    pub(crate) fn unread(route: Route, headers: Headers<'_>) -> Option<Self> {
        match route {
            Route::RerankV2 | Route::EmbedV2 => Some(Self::CohereV2),
            Route::EmbedV1 => Some(Self::CohereV1),
            Route::Embed => Some(Self::Tei),
            Route::Rerank | Route::Reranking => headers.are_of_cohere().then_some(Self::CohereV1),
            Route::Embeddings => None,
        }
    }

    /// Returns the dialect of a request.
    pub(crate) fn of(route: Route, headers: Headers<'_>, fields: &Fields) -> Self {
        Self::unread(route, headers).unwrap_or_else(|| match route {
            Route::Embeddings => Self::of_embeddings(fields),
            _ => Self::of_rerank(route, fields),
        })
    }

    fn of_rerank(route: Route, fields: &Fields) -> Self {
        let has = |names: &[&str]| names.iter().any(|name| fields.has(name));
        if has(&["texts"]) && !has(&["documents"]) {
            Self::Tei
        } else if has(&["top_k", "truncation"]) {
            Self::Voyage
        } else if has(&["rank_fields", "max_chunks_per_doc"]) {
            Self::CohereV1
        } else if has(&["model"]) && route == Route::Rerank {
            Self::Jina
        } else {
            Self::LlamaCpp
        }
    }

    fn of_embeddings(fields: &Fields) -> Self {
        // Voyage's client always sends the first; `input_type` we take from OpenAI's clients too.
        let voyage = ["truncation", "output_dimension", "output_dtype"];
        match voyage.iter().any(|name| fields.has(name)) {
            true => Self::Voyage,
            false => Self::OpenAi,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, header: (&str, &'static str), body: &str) -> Dialect {
        let route = Route::of_path(path).unwrap();
        let headers = Headers::read(|name| (name == header.0).then_some(header.1));
        Dialect::of(route, headers, &Fields::read(body.as_bytes()).unwrap())
    }

    #[test]
    fn fields_tell_who_asks_for_a_rerank() {
        for (path, body, dialect) in [
            ("/rerank", r#"{"query":"q","texts":["a"]}"#, Dialect::Tei),
            ("/v1/rerank", r#"{"query":"q","texts":["a"],"truncation":true}"#, Dialect::Tei),
            // llama.cpp takes the documents where both are there.
            ("/rerank", r#"{"query":"q","texts":[],"documents":["a"]}"#, Dialect::LlamaCpp),
            (
                "/v1/rerank",
                r#"{"query":"q","documents":["a"],"model":"rerank-2","top_k":null}"#,
                Dialect::Voyage,
            ),
            ("/rerank", r#"{"documents":[],"truncation":true}"#, Dialect::Voyage),
            ("/v1/rerank", r#"{"documents":[],"rank_fields":["a"]}"#, Dialect::CohereV1),
            ("/v1/rerank", r#"{"documents":[],"max_chunks_per_doc":2}"#, Dialect::CohereV1),
            ("/v1/rerank", r#"{"model":"m","query":"q","documents":["a"]}"#, Dialect::Jina),
            ("/v1/rerank", r#"{"query":"q","documents":["a"]}"#, Dialect::LlamaCpp),
            ("/reranking", r#"{"model":"m","documents":["a"]}"#, Dialect::LlamaCpp),
            ("/v1/reranking", r#"{"model":"m","texts":["a"]}"#, Dialect::Tei),
            ("/v2/rerank", r#"{"texts":["a"],"top_k":1}"#, Dialect::CohereV2),
        ] {
            assert_eq!(of(path, ("", ""), body), dialect, "{path} {body}");
        }
    }

    #[test]
    fn coheres_clients_tell_themselves_by_their_headers() {
        let body = r#"{"model":"m","query":"q","documents":["a"]}"#;
        for header in [
            ("x-client-name", "langchain:partner"),
            ("user-agent", "cohere/5.21.1"),
            ("x-fern-sdk-name", "cohere-ai"),
        ] {
            assert_eq!(of("/v1/rerank", header, body), Dialect::CohereV1, "{header:?}");
            assert_eq!(of("/v2/rerank", header, body), Dialect::CohereV2, "{header:?}");
        }
        assert_eq!(of("/v1/rerank", ("user-agent", "curl/8"), body), Dialect::Jina);
        // Not on the border of a character.
        assert_eq!(of("/v1/rerank", ("user-agent", "coheré"), body), Dialect::Jina);
    }

    #[test]
    fn paths_and_fields_tell_who_asks_for_vectors() {
        for (path, body, dialect) in [
            ("/embed", r#"{"inputs":"a"}"#, Dialect::Tei),
            ("/v1/embed", r#"{"texts":["a"]}"#, Dialect::CohereV1),
            ("/v2/embed", r#"{"texts":["a"]}"#, Dialect::CohereV2),
            ("/v1/embeddings", r#"{"input":"a","input_type":"query"}"#, Dialect::OpenAi),
            ("/embeddings", r#"{"input":"a","truncation":true}"#, Dialect::Voyage),
        ] {
            assert_eq!(of(path, ("", ""), body), dialect, "{path} {body}");
        }
        assert_eq!(Route::of_path("/v3/rerank"), None);
    }
}
