//! Times and counts measured from a timeline.
