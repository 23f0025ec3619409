// Writes a line for each saved image, and for each step that is given up.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/store/arrangement.hpp"
#include "runner/store/manifest.hpp"
#include "runner/store/sidecars.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <set>

namespace darkroom::store {

/// The part of the plan that finish() needs.
struct LinesAtEnd {
    std::set<Digest> const* given_up =
        nullptr;                          ///< The steps that failed.jsonl may list; null: all.
    PlanOfLines const* repeats = nullptr; ///< Its items that share pictures get lines; or null.
};

/// One write() a line, so that a crash tears at most the last. finish() returns the first error:
/// the journal has everything, and the next start repairs what is missing.
class ManifestWriter final : public engine::Observer {
public:
    /// Repairs both files first. `folder` and `journal` must outlive the writer.
    static Result<std::unique_ptr<ManifestWriter>>
    open(RunFolder const& folder, JournalReader& journal, Sidecars sidecars = Sidecars());
    ~ManifestWriter() override;

    /// Returns the repairs that open() made.
    Repair const& repaired() const { return repaired_; }

    void on_event(engine::Event const& event, engine::StepState const& state) override;
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const&) override {}

    /// Returns the lines that are there now, to be arranged. Errors: of the disk, of the journal.
    Result<PresentLines> present();
    /// Puts arranged files in the place of the old ones, with the lines that were added meanwhile.
    /// Returns true if there was something to replace. Errors: of the disk, of the journal.
    Result<bool> adopt(ArrangedFiles files);
    /// Returns true if adopt() has kept a manifest of version 0.1 under another name.
    bool has_kept_manifest_of_0_1() const { return has_kept_0_1_; }

    Sidecars const& sidecars() const { return sidecars_; }
    /// Returns true if files are missing next to pictures of earlier runs, as far as is known.
    bool needs_all_sidecars() const { return needs_all_sidecars_; }
    /// Takes the outcome of write_all_sidecars().
    void note_all_sidecars(std::uint64_t not_ours);
    /// Returns the sidecars that were not written, since other files have their names.
    std::uint64_t sidecars_left() const { return sidecars_left_; }

    /// Brings both files up to date with the journal and makes them durable; call it once, at the
    /// end of a run. Returns the first error, unless this repairs it.
    Result<> finish(LinesAtEnd const& end = LinesAtEnd());

private:
    ManifestWriter(RunFolder const& folder, JournalReader& journal, Sidecars sidecars)
        : folder_(folder), journal_(journal), sidecars_(sidecars) {}
    Result<> open_files();
    Result<> begin_sidecars();
    Result<> add_failed(engine::Event const& event, engine::StepState const& state);
    Result<> add_image(engine::Event const& event, engine::StepState const& state);
    Result<> write_sidecars(std::string const& line);
    Result<> write_sidecar_soon(Sidecar sidecar);
    Result<> finish_lines();
    Result<> add_repeats(PlanOfLines const& plan);
    void close_soon(File file);

    RunFolder const& folder_;
    JournalReader& journal_;
    Sidecars sidecars_;
    Repair repaired_;
    File manifest_;
    File failed_;
    std::set<Digest> listed_failed_;   // the steps in failed.jsonl
    std::uint64_t arranged_bytes_ = 0; // of the lines in a plan's order
    std::set<ImageKey> saved_again_;   // listed with an old line
    bool was_charged_again_ = false;   // a step's line may lack a charge
    bool torn_ = false;                // nothing may be written after a line that is not whole
    bool has_kept_0_1_ = false;
    bool needs_all_sidecars_ = false;
    std::optional<Error> failure_;
    std::optional<Error> sidecar_failure_; // of the pool's thread; read after its join
    std::atomic<std::uint64_t> sidecars_left_ = 0;
    std::atomic<int> sidecars_waiting_ = 0;
    boost::asio::thread_pool pool_{1};
};

} // namespace darkroom::store
