//! The modes of TLS, by libpq's words. Never decides how a server proves who it is; `world::postgres::tls` does.

use schemars::JsonSchema;
use serde::Deserialize;

/// How much a server must prove about itself: libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Never TLS.
    Disable,
    /// TLS only if the server insists.
    Allow,
    /// TLS if the server can; whoever it is.
    Prefer,
    /// TLS; whoever it is.
    Require,
    /// TLS; somebody a trusted authority knows.
    VerifyCa,
    /// TLS; the one that was meant.
    VerifyFull,
}

impl Mode {
    /// All there are.
    pub const ALL: [Self; 6] = [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// As it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}
