#!/usr/bin/env bash
# Make the pictures of docs/window.md from the recorded sessions: bash docs/window.sh (needs MNIST; no screen).
set -euo pipefail
cd "$(dirname "$0")"
shoot() { # PICTURE SESSION [options of inkdigits draw]
    "${INKDIGITS:-inkdigits}" draw --replay "sessions/$2.jsonl" --screenshot "window/$1.png" "${@:3}"
}
shoot answer three
shoot inside three --view inside
shoot neuron neuron --view inside
shoot why three --view why
shoot step step --view step
shoot teach teach
shoot number number
shoot mistakes three --view mistakes
shoot mistake mistakes
shoot train train --view train
shoot backend swap
shoot light three --view inside --theme light
