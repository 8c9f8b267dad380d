//! What a key can mean. Never what it does; `update` does that.

/// One thing the responder can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cmd {
    /// The next move, whatever it is.
    GoOn,
    /// Act on the selected row: ask a check, plan a remediation, tick a task.
    Act,
    /// Ask the selected check.
    RunCheck,
    /// Ask every check of the step.
    RunStep,
    /// Ask every check.
    RunAll,
    /// Stop what runs in the selected row.
    Stop,
    /// Write a note.
    Note,
    /// Write a decision down.
    Decide,
    /// Take back the last of one's own entries.
    Undo,
    /// Say that the selected entry does not hold.
    Correct,
    /// Keep a file as evidence.
    Attach,
    /// Who has which role.
    Roles,
    /// What the report asks for.
    Report,
    /// Read the brief of a handover.
    Brief,
    /// Leave the step out.
    Skip,
    /// Accept a check that is not green.
    Override,
    /// Take a tick back.
    Untick,
    /// Look at the escalation that is due.
    Escalation,
    /// Stand still, or go on.
    Pause,
    /// Let somebody else lead.
    HandOver,
    /// Change the severity.
    Severity,
    /// Turn to the step that is shown.
    GoToStep,
    /// Read all of what was seen.
    Read,
    /// The whole timeline.
    Timeline,
    /// The criteria of success.
    Criteria,
    /// The warnings of the runbook.
    Warnings,
    /// Whom to call, what severities ask, where else to look.
    Contacts,
    /// Other runbooks to go on with.
    Related,
    /// Commands that are useful in another shell.
    Commands,
    /// Go to the check that turned red.
    LookAtRed,
    /// Every key.
    Help,
    /// It is over.
    Resolve,
    /// End the program.
    Quit,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the beginning.
    Top,
    /// To the end.
    Bottom,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// The next pane or field.
    Next,
    /// The pane or field before.
    Previous,
    /// Close what is on top; back to the current step.
    Back,
    /// Stop the program until the shell continues it.
    Suspend,
    /// Draw everything again.
    Redraw,
    /// Say yes to what is on top.
    Accept,
    /// The answer is good.
    Good,
    /// The answer is bad.
    Bad,
    /// Put a plan aside, or stop what runs.
    PutAside,
    /// Go on without a rehearsal.
    SkipRehearsal,
    /// Plan and rehearse once more.
    Again,
    /// A new line in a text.
    NewLine,
    /// Write the text in the responder's own editor.
    Edit,
    /// Break long lines, or not.
    Wrap,
    /// Look for a text.
    Search,
    /// The next place where it is found.
    NextMatch,
    /// The place before.
    PreviousMatch,
    /// Let a replay run, or stand still.
    Play,
    /// To the next entry of a replay.
    NextEntry,
    /// To the entry before.
    PreviousEntry,
    /// To where a replay turns to another phase.
    NextPhase,
    /// To where it turned to this phase, or the one before.
    PreviousPhase,
    /// Run faster.
    Faster,
    /// Run slower.
    Slower,
}
