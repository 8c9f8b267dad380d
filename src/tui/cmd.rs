//! What a key can mean, and how the settings call it. Never what it does; `update` does that.

/// The commands, each with its name in the settings.
macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// One thing the responder can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Cmd {
            $($(#[$doc])* $variant,)*
        }

        impl Cmd {
            /// Every command.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in the settings.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

commands! {
    /// The next move, whatever it is.
    GoOn "go-on",
    /// Act on the selected row: ask a check, plan a remediation, tick a task.
    Act "act",
    /// Ask the selected check.
    RunCheck "run-check",
    /// Ask every check of the step.
    RunStep "run-step",
    /// Ask every check.
    RunAll "run-all",
    /// Stop what runs in the selected row.
    Stop "stop",
    /// Write a note.
    Note "note",
    /// Write a decision down.
    Decide "decide",
    /// Take back the last of one's own entries.
    Undo "undo",
    /// Say that the selected entry does not hold.
    Correct "correct",
    /// Keep a file as evidence.
    Attach "attach",
    /// Who has which role.
    Roles "roles",
    /// What the report asks for.
    Report "report",
    /// Read the brief of a handover.
    Brief "brief",
    /// Leave the step out.
    Skip "skip",
    /// Accept a check that is not green.
    Override "override",
    /// Take a tick back.
    Untick "untick",
    /// Look at what is due.
    Calls "calls",
    /// Stand still, or go on.
    Pause "pause",
    /// Let somebody else lead.
    HandOver "hand-over",
    /// Change the severity.
    Severity "severity",
    /// Turn to the step that is shown.
    GoToStep "go-to-step",
    /// Read all of what was seen.
    Read "read",
    /// The whole timeline.
    Timeline "timeline",
    /// The criteria of success.
    Criteria "criteria",
    /// The warnings of the runbook.
    Warnings "warnings",
    /// Whom to call, what severities ask, where else to look.
    Contacts "contacts",
    /// Other runbooks to go on with.
    Related "related",
    /// Open another runbook inside the incident.
    Join "join",
    /// Commands that are useful in another shell.
    Commands "commands",
    /// Go to the check that turned red.
    LookAtRed "look-at-red",
    /// Every key.
    Help "help",
    /// It is over.
    Resolve "resolve",
    /// End the program.
    Quit "quit",
    /// One row up.
    Up "up",
    /// One row down.
    Down "down",
    /// One page up.
    PageUp "page-up",
    /// One page down.
    PageDown "page-down",
    /// To the beginning.
    Top "top",
    /// To the end.
    Bottom "bottom",
    /// To the left.
    Left "left",
    /// To the right.
    Right "right",
    /// The next pane or field.
    Next "next",
    /// The pane or field before.
    Previous "previous",
    /// Close what is on top; back to the current step.
    Back "back",
    /// Stop the program until the shell continues it.
    Suspend "suspend",
    /// Draw everything again.
    Redraw "redraw",
    /// Say yes to what is on top.
    Accept "accept",
    /// The answer is good.
    Good "good",
    /// The answer is bad.
    Bad "bad",
    /// Put a plan aside, or stop what runs.
    PutAside "put-aside",
    /// Go on without a rehearsal.
    SkipRehearsal "skip-rehearsal",
    /// Plan and rehearse once more.
    Again "again",
    /// A new line in a text.
    NewLine "new-line",
    /// Write the text in the responder's own editor.
    Edit "edit",
    /// Break long lines, or not.
    Wrap "wrap",
    /// Look for a text.
    Search "search",
    /// The next place where it is found.
    NextMatch "next-match",
    /// The place before.
    PreviousMatch "previous-match",
    /// Let a replay run, or stand still.
    Play "play",
    /// To the next entry of a replay.
    NextEntry "next-entry",
    /// To the entry before.
    PreviousEntry "previous-entry",
    /// To where a replay turns to another phase.
    NextPhase "next-phase",
    /// To where it turned to this phase, or the one before.
    PreviousPhase "previous-phase",
    /// Run faster.
    Faster "faster",
    /// Run slower.
    Slower "slower",
    /// Find an action by its name.
    Palette "palette",
    /// Show all steps, those that are open, or those that are red.
    Filter "filter",
    /// Copy what is selected to the clipboard.
    Copy "copy",
    /// Save a text to a file.
    Save "save",
    /// Follow what is new.
    Follow "follow",
    /// Make the list of steps wider.
    Wider "wider",
    /// Make the list of steps narrower.
    Narrower "narrower",
    /// Ask a database a question that the runbook does not have.
    AskSql "ask-sql",
    /// Run a command that the runbook does not have.
    RunOnce "run-once",
    /// Keep the question as a check of this incident.
    Keep "keep",
    /// Say that what the deputy called is seen to.
    Acknowledge "acknowledge",
    /// Tell stakeholders how it stands.
    Tell "tell",
    /// Be told of it again later.
    Snooze "snooze",
    /// Show a result as a table, or as text.
    Table "table",
}
