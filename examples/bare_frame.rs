//! The least a ratatui program can do: draw one frame, end on a key. What `benches/screen.rs` measures against.

use ratatui::widgets::{Block, Paragraph};

fn main() -> std::io::Result<()> {
    let mut terminal = ratatui::init();
    terminal.draw(|frame| {
        let text: Vec<String> =
            (0..frame.area().height).map(|n| format!("line {n} of a bare frame that fills the screen from left to right")).collect();
        frame.render_widget(Paragraph::new(text.join("\n")).block(Block::bordered().title("bare frame")), frame.area());
    })?;
    while !crossterm::event::read()?.is_key_press() {}
    ratatui::restore();
    Ok(())
}
