//! Giving up: a switch that is thrown once, and what waits for it or for a time to run out. Never ends
//! anything by itself; whoever waits ends what it has begun.

use std::time::Duration;

use tokio::sync::watch;

/// The switch. Dropping it without throwing it means nobody will ever stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// The other end of a [`Stopper`]; cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stopper {
    /// A switch and its other end.
    #[must_use]
    pub fn pair() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    /// Throws the switch.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether nobody is left who would hear of it.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.0.is_closed()
    }
}

impl Stop {
    /// One that is never thrown.
    #[must_use]
    pub fn never() -> Self {
        Stopper::pair().1
    }

    /// Whether it was thrown.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when it is thrown.
    pub async fn stopped(&mut self) {
        if self.0.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
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
