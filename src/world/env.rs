//! Variables: of this process, of a dotenv file, of what a program printed. Never says a value: neither in an
//! error nor by `Debug`, and no sentence from here quotes what it could not read.

mod dotenv;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use crate::base::redact::variable;

use super::plain_file;

/// Bytes of a file; the format's cap on whatever is read from outside.
const CAP: u64 = 1 << 20;

/// Variables by name. On purpose without `Debug`.
#[derive(Default)]
pub struct Found(BTreeMap<String, Content>);

/// What a variable holds. On purpose without `Debug`.
#[derive(PartialEq, Eq)]
pub enum Content {
    /// Text.
    Text(String),
    /// Bytes that are not UTF-8.
    Bytes(OsString),
}

impl Found {
    /// What a variable holds.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Content> {
        self.0.get(name)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// This process's environment, with these on top.
    #[must_use]
    pub fn of_process<'v>(on_top: impl IntoIterator<Item = (&'v String, &'v String)>) -> Self {
        let own = std::env::vars_os().map(|(name, value)| {
            let content = value.into_string().map_or_else(Content::Bytes, Content::Text);
            (name.to_string_lossy().into_owned(), content)
        });
        let on_top = on_top.into_iter().map(|(name, value)| (name.clone(), Content::Text(value.clone())));
        Self(own.chain(on_top).collect())
    }

    /// What in these variables is a secret, by their names and by what they hold.
    #[must_use]
    pub fn secrets(&self) -> Vec<Cow<'_, str>> {
        let texts = self.0.iter().filter_map(|(name, content)| match content {
            Content::Text(text) => Some((name, text)),
            Content::Bytes(_) => None,
        });
        texts.flat_map(|(name, text)| variable::secrets(name, text)).collect()
    }

    /// The variables of a dotenv file. What is read:
    ///
    /// - `NAME=value` and `export NAME=value`, blanks around name and `=` allowed; the last of several counts;
    /// - comments: lines that begin with `#`, and what follows a blank and `#` behind a value;
    /// - `'…'` as it stands, and `"…"` with `\n`, `\r`, `\t`, `\"`, `\\` and `\$`; both over several lines.
    ///
    /// Not read: values in backticks, `$NAME` and `${NAME}` (they stay as they stand), names without `=`.
    ///
    /// # Errors
    /// Why it cannot be read, beginning with its path: not there, not allowed, a folder, too large, not UTF-8,
    /// or the line that is none of the above.
    pub async fn in_file(path: &Path) -> Result<Self, String> {
        let text = text(path).await.map_err(|why| format!("{} {why}", path.display()))?;
        let variables = dotenv::parse(&text).map_err(|why| format!("{}: {why}", path.display()))?;
        Ok(Self(variables.into_iter().map(|(name, value)| (name, Content::Text(value))).collect()))
    }

    /// The variables of a JSON object, names with texts, numbers or truth values; or of a list of objects with `name` or
    /// `key` and `value`, as container platforms print them, each perhaps inside another. One that is null is not set.
    ///
    /// # Errors
    /// Why these bytes are no such thing.
    pub fn in_json(bytes: &[u8]) -> Result<Self, String> {
        let printed: Value = serde_json::from_slice(bytes).map_err(|error| match bytes {
            [] => "is empty where a JSON object should be".to_owned(),
            _ => format!("is no JSON (line {}, column {})", error.line(), error.column()),
        })?;
        let neither = || "is JSON, but neither an object of names and values nor a list of such".to_owned();
        let fields: Vec<(String, Value)> = match printed {
            Value::Object(fields) => fields.into_iter().collect(),
            Value::Array(items) => items.into_iter().map(named).collect::<Option<_>>().ok_or_else(neither)?,
            _ => return Err(neither()),
        };
        let mut variables = BTreeMap::new();
        for (name, value) in fields {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(yes) => yes.to_string(),
                Value::Array(_) | Value::Object(_) => return Err(format!("holds more than a text under {name}")),
            };
            variables.insert(name, Content::Text(text));
        }
        Ok(Self(variables))
    }
}

/// A variable of a list: Kubernetes says `name`, Vercel `key`, Render wraps each into an object of its own.
fn named(item: Value) -> Option<(String, Value)> {
    let Value::Object(mut fields) = item else { return None };
    let name = fields.remove("name").or_else(|| fields.remove("key"));
    if let Some(Value::String(name)) = name {
        return Some((name, fields.remove("value")?));
    }
    fields.into_iter().find_map(|(_, inner)| match inner {
        Value::Object(inner) => {
            let name = inner.get("name").or_else(|| inner.get("key"))?.as_str()?.to_owned();
            Some((name, inner.get("value")?.clone()))
        }
        _ => None,
    })
}

/// The text of a file, or the end of a sentence that began with its path.
async fn text(path: &Path) -> Result<String, String> {
    let (file, _) = plain_file::open(path).await?;
    let mut bytes = Vec::new();
    file.take(CAP + 1).read_to_end(&mut bytes).await.map_err(|error| plain_file::reason(&error))?;
    if bytes.len() as u64 > CAP {
        return Err("is larger than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        format!("is not UTF-8 in line {}", before.split(|byte| *byte == b'\n').count())
    })
}
