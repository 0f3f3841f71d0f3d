//! From messages to the text that a model was trained to go on from.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use trommel_models::Gguf;

use trommel_core::Message;

/// How many steps a template may take; those of known models need some hundreds a message.
const STEPS: u64 = 1_000_000;
const NAME: &str = "chat";

/// A model's own chat template, in the language of Jinja.
pub(super) struct Template {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

impl Template {
    /// Reads the template `text` of a model's file.
    pub(super) fn new(text: &str, gguf: &Gguf) -> Result<Self, Error> {
        let token = |key: &str| gguf.token(key).unwrap_or_default().to_owned();
        let mut environment = Environment::new();
        // The reference library has these two on, and templates count on it.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(STEPS));
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_function("raise_exception", |why: String| -> Result<(), Error> {
            Err(Error::new(ErrorKind::InvalidOperation, why))
        });
        environment.add_template_owned(NAME, text.to_owned())?;
        Ok(Self {
            environment,
            bos: token("tokenizer.ggml.bos_token_id"),
            eos: token("tokenizer.ggml.eos_token_id"),
        })
    }

    /// Returns the text after which the model answers.
    pub(super) fn render(&self, messages: &[Message]) -> Result<String, Error> {
        let message = |message: &Message| {
            context! { role => message.role.name(), content => message.content.as_str() }
        };
        let messages: Vec<Value> = messages.iter().map(message).collect();
        self.environment.get_template(NAME)?.render(context! {
            messages,
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
            add_generation_prompt => true,
            // An order or a word is wanted: models that would think aloud first are told not to.
            enable_thinking => false,
        })
    }
}
