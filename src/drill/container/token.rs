//! Tokens of the drill's application: good until they expire, and only as long as the key they were signed with is the
//! application's. Never used for anything real.

use chrono::{DateTime, Utc};

use crate::base::hash::sha256;

/// A token for a person that expires at this moment.
pub(in crate::drill) fn sign(key: &str, person: &str, expires: DateTime<Utc>) -> String {
    let claims = format!("{person}.{}", expires.timestamp());
    format!("{claims}.{}", sha256(format!("{key}.{claims}")))
}

/// Whose token it is.
///
/// # Errors
/// What is wrong with it, in the words of the application's library.
pub(in crate::drill) fn verify(key: &str, token: &str, now: DateTime<Utc>) -> Result<String, &'static str> {
    let (claims, signature) = token.rsplit_once('.').ok_or("Not enough segments")?;
    if sha256(format!("{key}.{claims}")) != signature {
        return Err("Signature verification failed");
    }
    let (person, expires) = claims.rsplit_once('.').ok_or("Not enough segments")?;
    match expires.parse::<i64>() {
        Ok(expires) if now.timestamp() < expires => Ok(person.to_owned()),
        _ => Err("Signature has expired"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_key_and_its_time() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let token = sign("key", "ann@example.com", at(100));
        assert_eq!(verify("key", &token, at(99)), Ok("ann@example.com".to_owned()));
        assert_eq!(verify("key", &token, at(100)), Err("Signature has expired"));
        assert_eq!(verify("other", &token, at(99)), Err("Signature verification failed"));
        assert_eq!(verify("key", "nonsense", at(99)), Err("Not enough segments"));
    }
}
