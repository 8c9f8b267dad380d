//! What whoever started something still has a say in: giving up, which happens once, and the last word before a commit.
//! Never ends anything by itself; whoever waits ends what it has begun.

use std::time::Duration;

use tokio::sync::watch;

/// The switch. Dropping it without throwing it means nobody will ever stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<Word>);

/// The other end of a [`Stopper`]; cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Word>);

/// What was said last.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    GoOn,
    /// Go on, also with what cannot be taken back.
    Commit,
    Stop,
    /// Stop, for this reason.
    Unrecorded(String),
}

impl Word {
    fn is_stop(&self) -> bool {
        matches!(self, Self::Stop | Self::Unrecorded(_))
    }
}

impl Stopper {
    /// A switch and its other end.
    #[must_use]
    pub fn pair() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(Word::GoOn);
        (Self(sender), Stop(receiver))
    }

    /// Throws the switch.
    pub fn stop(&self) {
        self.0.send_replace(Word::Stop);
    }

    /// Lets what waits in [`Stop::commit`] go on, unless it was stopped.
    pub fn commit(&self) {
        self.0.send_if_modified(|word| {
            let goes_on = !word.is_stop();
            if goes_on {
                *word = Word::Commit;
            }
            goes_on
        });
    }

    /// Throws the switch because what is about to be committed could not be recorded.
    pub fn unrecorded(&self, why: String) {
        self.0.send_replace(Word::Unrecorded(why));
    }

    /// Whether nobody is left who would hear of it.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.0.is_closed()
    }
}

impl Stop {
    /// One that is never thrown, and lets everything be committed: for what nobody records.
    #[must_use]
    pub fn never() -> Self {
        Self(watch::channel(Word::Commit).1)
    }

    /// Whether it was thrown.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.borrow().is_stop()
    }

    /// Ends when it is thrown.
    pub async fn stopped(&mut self) {
        if self.0.wait_for(Word::is_stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for the word to commit: it comes once all that leads up to it is on disk.
    ///
    /// # Errors
    /// Why there must be no commit, in one sentence.
    pub async fn commit(&mut self) -> Result<(), String> {
        match self.0.wait_for(|word| *word != Word::GoOn).await.as_deref() {
            Ok(Word::Commit) => Ok(()),
            Ok(Word::Unrecorded(why)) => Err(format!("not committed, because it could not be recorded: {why}")),
            Ok(Word::GoOn | Word::Stop) => Err("given up before it was committed".to_owned()),
            Err(_) => Err("not committed: nobody is left to record it".to_owned()),
        }
    }

    /// Ends when it is thrown or, if there is a limit, when that has passed.
    pub async fn or_after(&mut self, limit: Option<Duration>) -> GaveUp {
        let run_out = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.stopped() => GaveUp::Stopped,
            () = run_out => GaveUp::TimedOut,
        }
    }
}

/// Why something was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveUp {
    /// The switch was thrown.
    Stopped,
    /// The time ran out.
    TimedOut,
}
