//! Connection strings: a password is in nothing that is shown, and a connection that is written down as a URL is the same one.

use fracas::base::ExposeSecret as _;
use fracas::runbook::model::Connection;
use fracas::world::postgres::conninfo::{Resolved, holds_password};

const PASSWORD: &str = "Xk29vQpassZ";

fn resolve(text: &str) -> Result<Resolved, String> {
    Resolved::of(&Connection::Url(text.to_owned()), &|name| (name == "USER").then(|| "fuzzer".to_owned()))
}

pub(super) fn holds(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // Files are none of its business.
    if ["passfile", "service", "sslrootcert"].iter().any(|key| text.contains(key))
        || text.contains(PASSWORD)
        || text.contains('%') && text.len() > 400
    {
        return;
    }
    if let Ok(resolved) = resolve(text) {
        assert!(resolved.password.is_none() || holds_password(text), "a password that is not seen in {text:?}");
        let url = resolved.url().expose_secret().to_owned();
        let again = resolve(&url).unwrap_or_else(|problem| panic!("{url:?} of {text:?}: {problem}"));
        assert_eq!((&again.shown, &again.hosts, again.mode), (&resolved.shown, &resolved.hosts, resolved.mode), "{url:?} of {text:?}");
        let [password, other] = [&resolved, &again].map(|one| one.password.as_ref().map(|password| password.expose_secret().to_owned()));
        assert_eq!(password, other, "{url:?} of {text:?}");
    }
    for with in [format!("postgresql://user:{PASSWORD}{text}"), format!("password={PASSWORD}{text}"), format!("password='{PASSWORD}{text}")]
    {
        match resolve(&with) {
            Err(problem) => assert!(!problem.contains(PASSWORD), "{problem}"),
            // Without its @, libpq reads what follows the colon as a port, and this does as well.
            Ok(resolved) => {
                assert!(!resolved.shown.contains(PASSWORD), "{}", resolved.shown);
                assert!(resolved.notes.iter().all(|note| !note.contains(PASSWORD)), "{:?}", resolved.notes);
            }
        }
    }
}
