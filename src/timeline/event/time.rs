//! How entries spell durations: as whole milliseconds.

/// Durations as whole milliseconds.
pub(super) mod ms {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::base::stamp::milliseconds;

    pub(in crate::timeline::event) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(milliseconds(*duration))
    }

    pub(in crate::timeline::event) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

/// The same where there may be none.
pub(super) mod maybe_ms {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::base::stamp::milliseconds;

    #[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
    pub(in crate::timeline::event) fn serialize<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => to.serialize_some(&milliseconds(*duration)),
            None => to.serialize_none(),
        }
    }

    pub(in crate::timeline::event) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_millis))
    }
}
