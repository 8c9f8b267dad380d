//! The manual page and completions for shells: what the program says of itself, in the forms that `man` and shells
//! read. Never says what `--help` does not.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::failure::{Failure, Outcome};
use super::{Arguments, print};

/// What options do not tell, after all commands.
const REST: &str = r#".SH "EXIT STATUS"
.TP
0
done, and every check passed
.TP
1
a check failed, an incident was left unresolved, a timeline is not whole
.TP
2
wrong usage
.TP
3
an invalid runbook, or one that is not trusted
.TP
4
a check was inconclusive, and none failed
.TP
70
a defect of fracas
.SH ENVIRONMENT
.TP
\fBFRACAS_STATE\fR
where incidents and trust are kept; \fI$XDG_STATE_HOME/fracas\fR where it is not set
.TP
\fBFRACAS_PG_BIN\fR
the folder of the PostgreSQL programs that drills use
.TP
\fBFRACAS_DRILL_DIR\fR
the folder in which drills build their worlds
.TP
\fBNO_COLOR\fR
no colours, if it is not empty
.TP
\fBPGHOST\fR, \fBPGPORT\fR, \fBPGUSER\fR, \fBPGPASSWORD\fR, \fBPGSERVICE\fR, ...
what a connection leaves open, as for
.BR psql (1)
.SH FILES
.TP
\fIrunbooks/*.yaml\fR, \fI$XDG_CONFIG_HOME/fracas/runbooks/*.yaml\fR
runbooks that are found by their id
.TP
\fI~/.pgpass\fR, \fI~/.pg_service.conf\fR
passwords and services, as for
.BR psql (1)
.SH EXAMPLES
.TP
fracas list 'relation "upload_pipeline.upload_jobs" does not exist'
the runbook for an error, pasted as it stands in a log
.TP
fracas check worker\-schema\-missing \-\-phase assess \-\-format junit
what is wrong, for CI
.TP
fracas drill worker\-schema\-missing
an incident to train on, in a throwaway world
"#;

pub(super) fn man() -> Result<Outcome, Failure> {
    let mut page = Vec::new();
    write_page(&mut page).map_err(|error| Failure::bug(format!("no manual page: {error}")))?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Outcome::Done)
}

/// One page with every command on it, since a page of its own for each would have to be installed to be read.
fn write_page(page: &mut Vec<u8>) -> io::Result<()> {
    let mut program = Arguments::command();
    program.build();
    let man = Man::new(program.clone()).manual("fracas");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    writeln!(page, ".SH COMMANDS")?;
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        let man = Man::new(command.clone());
        let mut part = Vec::new();
        man.render_synopsis_section(&mut part)?;
        man.render_description_section(&mut part)?;
        man.render_options_section(&mut part)?;
        let part = String::from_utf8_lossy(&part);
        for line in part.lines() {
            match line {
                ".SH SYNOPSIS" => writeln!(page, ".SS {}", command.get_name().replace('-', "\\-"))?,
                // A part of a part: a paragraph will do.
                section if section.starts_with(".SH ") => writeln!(page, ".PP")?,
                // The letters that every definition begins with belong to the page as a whole.
                preamble if preamble.starts_with(".ie ") || preamble.starts_with(".el ") => {}
                line => writeln!(page, "{line}")?,
            }
        }
    }
    page.write_all(REST.as_bytes())
}

pub(super) fn completions(shell: Shell) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "fracas", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
