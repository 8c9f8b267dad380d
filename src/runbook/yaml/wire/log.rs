//! `log` as it is written. Never interprets a value.

use schemars::JsonSchema;
use serde::Deserialize;

use super::CommandForm;

wire! {
    /// Lines of a log: of a `file` or of what a `command` prints. Each regular expression is held against one line
    /// at a time. Without `expect` the check passes when no line matches `none_of`, each of `all_of` matches one,
    /// and those of `in_order` match lines one after another. It is inconclusive when the log cannot be read to its
    /// end: not there, not permitted, a folder or a pipe, compressed or otherwise not text, a command that does not
    /// exit with 0, more than 64 MiB in a file (its end is read) or 1 MiB of output, a line of more than 1 MiB; unless
    /// what was seen settles it. Bytes that are not UTF-8 are read as `�`.
    struct Log {
        /// A file, relative to the working folder. It is read anew each time, so a rotated one is no trouble.
        file: Option<String>,
        /// A line for a shell, or a list of words run without one. Its standard error is read after its standard
        /// output; `2>&1` keeps them in order.
        command: Option<CommandForm>,
        /// No line may match any of these.
        #[serde(default)]
        none_of: Vec<String>,
        /// Each of these must match a line.
        #[serde(default)]
        all_of: Vec<String>,
        /// These must match lines one after another; other lines may stand between them.
        #[serde(default)]
        in_order: Vec<String>,
        /// With `in_order`: a regular expression with a group. The lines must all hold the same text there, such as
        /// one request's id: 'requestId=(\S+)'.
        same: Option<String>,
    }
}
