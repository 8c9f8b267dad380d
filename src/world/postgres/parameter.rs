//! Values on their way to and from a server as text, whatever their type. Never lets a value become part of
//! a statement.

use std::error::Error;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A bind parameter as text; the server finds its type from where it stands.
#[derive(Debug)]
pub(super) struct TextParameter<'v>(pub(super) &'v str);

impl ToSql for TextParameter<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if self.0.contains('\0') {
            return Err("a value with a NUL character cannot be sent".into());
        }
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// All parameters of a statement, with the type that means "unknown": they stay unnamed and untyped.
pub(super) fn untyped<'p>(values: &'p [TextParameter<'p>]) -> Vec<(&'p (dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (value as &(dyn ToSql + Sync), Type::UNKNOWN)).collect()
}

/// What a column holds whose binary form is its text: `text`, `name`, `json`, `xml`.
pub(super) struct TextColumn(pub(super) String);

impl<'r> FromSql<'r> for TextColumn {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(String::from_utf8_lossy(raw).into_owned()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
