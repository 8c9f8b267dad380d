//! What somebody is to fill in between angles, `<pod_name>`, told from redirections of the shell.
//! Never takes what a shell would read from and write to for a blank; what it takes for one becomes an input in `blanks`.

/// Longer than what a person leaves to fill in, and short enough to look for its end at every `<`.
const LONGEST: usize = 80;

/// The same where it has several words, as far as it becomes an input.
const LONGEST_OF_WORDS: usize = 60;

/// The length of the placeholder the text begins with: `<pod_name>`, `<your server>`, `<id|name>`. Not `<in.txt x>`, as
/// `cat <in.txt x> out` reads one file and writes another.
pub(super) fn placeholder(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('<')?;
    let end = inside.bytes().take(LONGEST).position(|byte| byte == b'>')?;
    let (name, behind) = (&inside[..end], inside[end + 1..].chars().next());
    let (has_spaces, has_ways) = (name.contains(' '), name.contains('|'));
    let is_fit = |c: char| match c {
        '.' | ':' | '@' => !has_spaces && !has_ways,
        '/' => !has_ways,
        '|' => true,
        _ => c.is_alphanumeric() || "_- ".contains(c),
    };
    // Blanks around the signs are a command's.
    let is_one = |name: &str| {
        name.len() <= LONGEST_OF_WORDS
            && name.ends_with(char::is_alphanumeric)
            && !["| ", " |", "/ ", " /"].iter().any(|spaced| name.contains(spaced))
    };
    // `cat <in>out` reads and writes, as what follows at once would be a file's name.
    let may_follow = |c: char| !c.is_alphanumeric() && !">&|($~'\"`*".contains(c);
    let is_placeholder = name.starts_with(char::is_alphanumeric)
        && name.chars().all(is_fit)
        && (!has_spaces && !has_ways || is_one(name))
        // `<in|sort>"out"` is a pipe.
        && behind.is_none_or(|c| may_follow(c) && (!has_ways || c.is_whitespace()));
    is_placeholder.then_some(end + 2)
}
