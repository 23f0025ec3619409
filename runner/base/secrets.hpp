// Texts that must not be seen in any output, and the forms in which another side repeats them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom {

/// Finds secrets in a text: as they are, percent-encoded as in a URL, and in base64 at each of its
/// three alignments, as within "user:TOKEN". Beside whole texts, in which a secret is replaced for
/// good, there are values that go back to where they came from, as ids do: in these a secret is
/// masked, and the mask can be taken off again.
class Secrets {
public:
    /// Texts that are shorter are words of any language, and are not hidden.
    static constexpr std::size_t shortest = 8;

    /// Adds a secret; one that is too short or known already changes nothing.
    void add(std::string_view secret);

    /// Returns true when the text has a form of a secret in it.
    bool are_in(std::string_view text) const;

    /// Replaces every secret by "TOKEN", also one whose characters are escaped as in JSON or in a
    /// URL; base64 of one by as many characters, so that what is around it can still be read. A
    /// mask becomes "TOKEN", too.
    void hide(std::string& text) const;
    /// Replaces every secret by as many characters, for bytes that must keep their places.
    void hide_in_place(std::string& bytes) const;

    /// Replaces each form of a secret by a mask of its own, like "TOKEN-5f0c11ab", and returns true
    /// when there was one. The mask of a form is the same in every process.
    bool mask(std::string& text) const;
    /// Puts the secrets back in place of their masks, and returns true when there was one. The mask
    /// of a secret that is not known any more stays.
    bool unmask(std::string& text) const;

private:
    struct Form {
        std::string text;
        std::string mask;
        bool is_base64 = false;
    };
    void add_form(std::string text, bool is_base64);

    std::vector<std::string> secrets_; // as below
    std::vector<Form> forms_;          // the longest first
};

} // namespace darkroom
