//! Which API is asked, where, for which model.

use super::address::address;
use super::{Dialect, RemoteError};

/// A model behind an API at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    dialect: Dialect,
    url: String,
    model: String,
}

impl Endpoint {
    /// Returns the endpoint of an API.
    ///
    /// `base` is the address without the API's own path, such as `http://127.0.0.1:8080` or
    /// `https://gateway.example/cohere`; with that path, or its `/v1` or `/v2`, it means the same.
    /// Without `base` it is [`Dialect::home`]; without `model` it is [`Dialect::usual_model`], and a
    /// server of text-embeddings-inference needs none.
    ///
    /// # Errors
    ///
    /// If the address is none of `http://` or `https://`, has a user name, a query or a fragment, or
    /// if address or model are left out where there is no usual one.
    pub fn new(
        dialect: Dialect,
        base: Option<&str>,
        model: Option<&str>,
    ) -> Result<Self, RemoteError> {
        let server = dialect.name();
        let wrong = |problem: String| RemoteError::Address { server, problem };
        let base = base
            .or_else(|| dialect.home())
            .ok_or_else(|| wrong("none is given, and there is no usual one".into()))?;
        let url = address(base, dialect.path()).map_err(wrong)?;
        let model = model.filter(|model| !model.is_empty()).or_else(|| dialect.usual_model());
        let model = match model {
            Some(model) => model.to_owned(),
            None if dialect == Dialect::Tei => String::new(),
            None => return Err(RemoteError::NoModel { server }),
        };
        Ok(Self { dialect, url, model })
    }

    /// Returns the API.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns where requests go.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the model's name; empty where the server has one model and needs no name.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Returns API and model, such as `cohere:rerank-v3.5`.
    pub(crate) fn id(&self) -> String {
        match self.model.as_str() {
            "" => self.dialect.to_string(),
            model => format!("{}:{model}", self.dialect),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(dialect: Dialect, base: &str) -> String {
        Endpoint::new(dialect, Some(base), Some("m")).unwrap().url
    }

    #[test]
    fn the_path_is_there_once_however_much_of_it_is_given() {
        for base in ["http://h:80", "http://h:80/", "http://h:80/v1", "http://h:80/v1/rerank"] {
            assert_eq!(url(Dialect::CompatibleV1, base), "http://h:80/v1/rerank");
        }
        assert_eq!(url(Dialect::Cohere, "https://h/gate/"), "https://h/gate/v2/rerank");
        assert_eq!(url(Dialect::Tei, "http://[::1]:8080"), "http://[::1]:8080/rerank");
        assert_eq!(url(Dialect::Tei, "http://h/rerank"), "http://h/rerank");
        assert_eq!(url(Dialect::Cohere, "http://v2"), "http://v2/v2/rerank");
        // Another version is another path of a gateway's.
        assert_eq!(url(Dialect::Cohere, "http://h/v1"), "http://h/v1/v2/rerank");
    }

    #[test]
    fn owners_and_their_usual_models_need_no_words() {
        let voyage = Endpoint::new(Dialect::Voyage, None, None).unwrap();
        assert_eq!(voyage.url(), "https://api.voyageai.com/v1/rerank");
        assert_eq!(voyage.id(), "voyage:rerank-2.5");
        let tei = Endpoint::new(Dialect::Tei, Some("http://localhost:3000"), None).unwrap();
        assert_eq!(tei.id(), "tei");
        for (base, model) in [(None, Some("m")), (Some("http://h"), None)] {
            let error = Endpoint::new(Dialect::CompatibleV1, base, model).unwrap_err();
            assert!(error.to_string().contains("rerank-v1"), "{error}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_is_shown() {
        let bad =
            ["", "h", "ftp://h", "http://", "http://h?key=1", "http://h#x", "http://a b", "/v1"];
        for base in bad {
            let error = Endpoint::new(Dialect::Jina, Some(base), None).unwrap_err().to_string();
            assert!(error.contains("expected http://HOST or https://HOST"), "{error}");
        }
        let error = Endpoint::new(Dialect::Jina, Some("http://me:pass@h"), None).unwrap_err();
        assert!(!error.to_string().contains("pass"), "{error}");
    }
}
