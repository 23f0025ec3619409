// Colours: from a prompt's words, from input images, and as the smooth wheel used for painting.
#pragma once

#include "runner/studio/paint/picture.hpp"

#include <array>
#include <string>
#include <vector>

namespace darkroom::studio {

/// A colour as the eye measures it (OKLab): straight lines between two of them look even.
struct Tone {
    double light = 0; ///< 0 black to 1 white.
    double a = 0;     ///< Green to red.
    double b = 0;     ///< Blue to yellow.
};

Tone tone_of(Rgb colour);
/// Returns the colour of a tone; out-of-range tones are cut to the nearest one a screen can show.
Rgb rgb_of(Tone const& tone);

/// Returns six colours for a prompt: those that its words name ("ocean", "gold"), the rest in
/// harmony with them, chosen by `words_hash`. `words` are in lower case.
Palette palette_of_words(std::vector<std::string> const& words, std::uint64_t words_hash);

/// Returns `own` mixed with the palettes of the input images; `weight` as in `--iw`: 0 takes none
/// of it, 1 two thirds, 3 nearly all. Every input has its share.
Palette mix_palettes(Palette const& own, std::vector<Palette> const& inputs, double weight);

/// A palette as a closed wheel of colours without seams.
class ColourWheel {
public:
    static constexpr int steps = 1024;
    explicit ColourWheel(Palette const& palette);

    /// Returns the tone at `position`, in turns of the wheel; any value.
    Tone const& at(double position) const;

private:
    std::array<Tone, steps> tones_;
};

} // namespace darkroom::studio
