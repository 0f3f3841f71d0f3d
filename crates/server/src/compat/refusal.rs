//! An error as each API words it.

use serde_json::{Value, json};

use super::{CallError, Dialect, Headers, Route};

/// A call that is not answered, with whom to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Who asked; `None` where only the body could tell and has not been read.
    pub(crate) dialect: Option<Dialect>,
    /// Why.
    pub(crate) error: CallError,
}

/// The errors that all APIs tell apart.
enum Kind {
    Malformed,
    Invalid,
    Empty,
    TooLarge,
    BodyTooLarge,
    NoModel,
    Unauthorized,
    Overloaded,
    Internal,
}

impl Refusal {
    /// Refuses a request of which nothing but the path and the headers is known.
    pub(crate) fn unread(route: Route, headers: Headers<'_>, error: CallError) -> Self {
        Self { dialect: Dialect::unread(route, headers), error }
    }

    /// Returns the HTTP status.
    ///
    /// Cohere and Voyage document 400 for whatever is wrong with a body, Cohere 404 for a model
    /// that is not there. Jina answers 422. text-embeddings-inference has 413 for what is too
    /// large, 422 for a wrong type and 424 where the model fails.
    pub(crate) fn status(&self) -> u16 {
        use Dialect::{Jina, Tei, Voyage};
        match (self.kind(), self.dialect) {
            (Kind::Unauthorized, _) => 401,
            (Kind::Overloaded, _) => 429,
            (Kind::BodyTooLarge, _) | (Kind::TooLarge, Some(Tei)) => 413,
            (Kind::Internal, Some(Tei)) => 424,
            (Kind::Internal, _) => 500,
            (Kind::Malformed | Kind::Empty, Some(Tei)) => 400,
            (_, Some(Tei | Jina)) => 422,
            (Kind::NoModel, Some(Voyage)) => 400,
            (Kind::NoModel, _) => 404,
            (Kind::Malformed | Kind::Invalid | Kind::Empty | Kind::TooLarge, _) => 400,
        }
    }

    /// Returns the body, which is JSON.
    pub(crate) fn body(&self) -> String {
        let message = self.error.to_string();
        let body = match self.dialect {
            Some(Dialect::CohereV1 | Dialect::CohereV2) => json!({"message": message}),
            Some(Dialect::Jina | Dialect::Voyage) => json!({"detail": message}),
            Some(Dialect::Tei) => json!({"error": message, "error_type": self.tei_type()}),
            Some(Dialect::LlamaCpp) => json!({"error": self.llama_cpp_error(&message)}),
            Some(Dialect::OpenAi) => json!({"error": self.open_ai_error(&message)}),
            // Every client finds the word that it looks for. A string throughout: older clients of
            // Voyage take an object for one of their own.
            None => json!({"error": message, "message": message, "detail": message}),
        };
        Value::to_string(&body)
    }

    /// Returns the seconds of the header `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self.error {
            CallError::Overloaded { retry_after } => Some(retry_after),
            _ => None,
        }
    }

    fn kind(&self) -> Kind {
        match self.error {
            CallError::NotJson { .. } => Kind::Malformed,
            CallError::NotAnObject { .. } | CallError::Missing { .. } | CallError::Field { .. } => {
                Kind::Invalid
            }
            CallError::Empty { .. } => Kind::Empty,
            CallError::TooMany { .. } | CallError::TooLong { .. } => Kind::TooLarge,
            CallError::BodyTooLarge { .. } => Kind::BodyTooLarge,
            CallError::UnknownModel { .. } | CallError::NoModel { .. } => Kind::NoModel,
            CallError::Unauthorized => Kind::Unauthorized,
            CallError::Overloaded { .. } => Kind::Overloaded,
            CallError::Internal { .. } => Kind::Internal,
        }
    }

    fn tei_type(&self) -> &'static str {
        match self.kind() {
            Kind::Empty => "Empty",
            Kind::Overloaded => "Overloaded",
            Kind::Internal => "Backend",
            // Has no name there, where the body of a 401 is empty.
            Kind::Unauthorized => "Unauthorized",
            _ => "Validation",
        }
    }

    fn llama_cpp_error(&self, message: &str) -> Value {
        let kind = match self.kind() {
            Kind::Unauthorized => "authentication_error",
            Kind::NoModel => "not_found_error",
            Kind::Overloaded => "unavailable_error",
            Kind::Internal => "server_error",
            _ => "invalid_request_error",
        };
        let param = self.error.field();
        json!({"message": message, "type": kind, "param": param, "code": self.status()})
    }

    fn open_ai_error(&self, message: &str) -> Value {
        let (kind, code) = match self.kind() {
            Kind::Unauthorized => ("invalid_request_error", Some("invalid_api_key")),
            Kind::NoModel => ("invalid_request_error", Some("model_not_found")),
            Kind::Overloaded => ("requests", Some("rate_limit_exceeded")),
            Kind::Internal => ("server_error", None),
            _ => ("invalid_request_error", None),
        };
        json!({"message": message, "type": kind, "param": self.error.field(), "code": code})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> CallError {
        CallError::Empty { field: "documents", expected: "at least one document" }
    }

    fn too_many() -> CallError {
        CallError::TooMany { field: "documents", limit: 2, got: 3 }
    }

    fn invalid() -> CallError {
        CallError::Field { field: "top_n".into(), expected: "an integer".into(), got: "0".into() }
    }

    fn refusal(dialect: Dialect, error: CallError) -> Refusal {
        Refusal { dialect: Some(dialect), error }
    }

    #[test]
    fn every_api_has_its_own_status() {
        use Dialect::*;
        let malformed = CallError::NotJson { problem: "expected value".into() };
        let unknown = CallError::UnknownModel { got: "x".into(), loaded: vec!["m".into()] };
        let failed = CallError::Internal { problem: "the model failed".into() };
        let rows: [(CallError, [(Dialect, u16); 7]); 6] = [
            // Cohere: errors reference. Voyage: API overview, "Invalid Requests". TEI: its routes.
            (malformed, statuses([400, 400, 422, 400, 400, 400, 400])),
            (invalid(), statuses([400, 400, 422, 400, 422, 400, 400])),
            (empty(), statuses([400, 400, 422, 400, 400, 400, 400])),
            (too_many(), statuses([400, 400, 422, 400, 413, 400, 400])),
            (unknown, statuses([404, 404, 422, 400, 422, 404, 404])),
            (failed, statuses([500, 500, 500, 500, 424, 500, 500])),
        ];
        fn statuses(all: [u16; 7]) -> [(Dialect, u16); 7] {
            let dialects = [CohereV2, CohereV1, Jina, Voyage, Tei, LlamaCpp, OpenAi];
            std::array::from_fn(|at| (dialects[at], all[at]))
        }
        for (error, statuses) in rows {
            for (dialect, status) in statuses {
                assert_eq!(refusal(dialect, error.clone()).status(), status, "{dialect:?} {error}");
            }
        }
        for (dialect, _) in statuses([0; 7]) {
            assert_eq!(refusal(dialect, CallError::Unauthorized).status(), 401);
            let busy = refusal(dialect, CallError::Overloaded { retry_after: 3 });
            assert_eq!((busy.status(), busy.retry_after()), (429, Some(3)));
            assert_eq!(refusal(dialect, CallError::BodyTooLarge { limit: 9 }).status(), 413);
        }
    }

    #[test]
    fn every_api_has_its_own_shape() {
        let said = "documents is empty, expected at least one document";
        for (dialect, body) in [
            (Dialect::CohereV1, json!({"message": said})),
            (Dialect::CohereV2, json!({"message": said})),
            (Dialect::Voyage, json!({"detail": said})),
            (Dialect::Jina, json!({"detail": said})),
            (Dialect::Tei, json!({"error": said, "error_type": "Empty"})),
            (
                Dialect::LlamaCpp,
                json!({"error": {"message": said, "type": "invalid_request_error",
                    "param": "documents", "code": 400}}),
            ),
            (
                Dialect::OpenAi,
                json!({"error": {"message": said, "type": "invalid_request_error",
                    "param": "documents", "code": null}}),
            ),
        ] {
            let got: Value = serde_json::from_str(&refusal(dialect, empty()).body()).unwrap();
            assert_eq!(got, body, "{dialect:?}");
        }
    }

    #[test]
    fn where_the_body_was_not_read_every_client_finds_its_word() {
        let headers = Headers::default();
        let unread = Refusal::unread(Route::Rerank, headers, CallError::Unauthorized);
        let said = CallError::Unauthorized.to_string();
        let words = json!({"error": said, "message": said, "detail": said});
        assert_eq!(unread.body(), words.to_string());
        assert_eq!(unread.status(), 401);
        let sure = Refusal::unread(Route::RerankV2, headers, CallError::Unauthorized);
        assert_eq!(sure.body(), json!({"message": said}).to_string());
    }

    #[test]
    fn open_ai_and_tei_have_names_for_what_went_wrong() {
        let unknown = CallError::UnknownModel { got: "x".into(), loaded: vec!["m".into()] };
        let busy = CallError::Overloaded { retry_after: 1 };
        let body = |dialect, error: &CallError| -> Value {
            serde_json::from_str(&refusal(dialect, error.clone()).body()).unwrap()
        };
        assert_eq!(body(Dialect::OpenAi, &unknown)["error"]["code"], "model_not_found");
        assert_eq!(body(Dialect::OpenAi, &unknown)["error"]["param"], "model");
        assert_eq!(body(Dialect::OpenAi, &busy)["error"]["code"], "rate_limit_exceeded");
        assert_eq!(body(Dialect::Tei, &busy)["error_type"], "Overloaded");
        assert_eq!(body(Dialect::Tei, &too_many())["error_type"], "Validation");
        let failed = CallError::Internal { problem: "the model failed".into() };
        assert_eq!(body(Dialect::Tei, &failed)["error_type"], "Backend");
        assert_eq!(body(Dialect::OpenAi, &failed)["error"]["type"], "server_error");
    }
}
