//! `http` as it is written. Never says what an input may be in an address; `build` judges that.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Word;

wire! {
    /// One request. Redirects are followed only on demand; no cookies are kept and no proxy is used.
    struct Http {
        /// Where: http:// or https://. `{{ name }}` is the value of an input, percent-encoded in path and query.
        #[schemars(length(min = 1))]
        url: String,
        /// GET where left out.
        method: Option<Method>,
        /// Headers by name. `{{ name }}` is the value of an input.
        #[serde(default)]
        headers: BTreeMap<String, Word>,
        /// Whether redirects are followed.
        #[serde(default)]
        follow: bool,
    }

    /// One request that changes something. Redirects are not followed.
    struct HttpChange {
        /// Where: http:// or https://. `{{ name }}` is the value of an input, percent-encoded in path and query.
        #[schemars(length(min = 1))]
        url: String,
        /// POST where left out.
        method: Option<ChangingMethod>,
        /// Headers by name. `{{ name }}` is the value of an input.
        #[serde(default)]
        headers: BTreeMap<String, Word>,
        /// JSON to send; `{{ name }}` in its strings is the value of an input, escaped.
        body: Option<String>,
    }
}

/// What is asked to happen. GET is for what changes things all the same, such as many a cron endpoint.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::runbook::yaml) enum ChangingMethod {
    Post,
    Put,
    Patch,
    Delete,
    Get,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::runbook::yaml) enum Method {
    Get,
    Head,
}
