// The gallery of a run: one HTML file that needs no network.
#pragma once

#include "runner/report/gallery/gallery_data.hpp"
#include "runner/report/pick_card.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::report {

/// The choices that nobody has made.
struct GalleryChoices {
    std::vector<PickCard> cards; ///< Those of one picture stand together.
    std::uint64_t waiting = 0;   ///< All of them; the page may have fewer.
};

struct GalleryHead {
    std::string name;              ///< The name of the run.
    std::string directory;         ///< The run directory, as the user may type it.
    std::string base;              ///< The way from the page's folder to it: "" or "a/b/".
    std::string currency;          ///< "" when it is not known.
    std::vector<std::string> jobs; ///< The jobs in the order of the job file; empty: not known.
    WallTime at{};                 ///< When the page is written.
    bool is_running = false;
    bool is_live = false;   ///< It shows the run at work as well.
    bool is_served = false; ///< A server makes its thumbnails; else they are files.
    std::string picks;      ///< The picks.json of the run; "" without one. The page saves it along.
    bool is_for_picks = false; ///< The page shows what waits for a person first.
    GalleryChoices choices = {};
};

/// Writes the page to `sink`, a piece at a time, so that a long run takes little memory.
class GalleryPage {
public:
    using Sink = std::function<Result<>(std::string_view)>;

    explicit GalleryPage(Sink sink) : sink_(std::move(sink)) {}
    /// Errors, of all of them: those of the sink.
    Result<> begin(GalleryHead const& head);
    Result<> add(engine::ManifestRow const& row, CardState state,
                 std::optional<std::uint32_t> colour);
    Result<> add(engine::FailedRow const& row, CardState state);
    Result<> end();

private:
    Result<> flush();

    Sink sink_;
    GalleryData data_;
    bool is_live_ = false;
};

} // namespace darkroom::report
