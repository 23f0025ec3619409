// Writes a line for each saved image, and for each step that is given up.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/store/manifest.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <set>

namespace darkroom::store {

/// The files that are written next to each image.
struct Sidecars {
    bool captions = false; ///< NAME.txt with the prompt.
    bool sidecar = false;  ///< NAME.json with the manifest line.
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

    /// Brings both files up to date with the journal and makes them durable; call it once, at the
    /// end of a run. Returns the first error, unless this repairs it. `wanted`, if any: the steps
    /// that failed.jsonl may list.
    Result<> finish(std::set<Digest> const* wanted = nullptr);

private:
    ManifestWriter(RunFolder const& folder, JournalReader& journal, Sidecars sidecars)
        : folder_(folder), journal_(journal), sidecars_(sidecars) {}
    Result<> open_files();
    Result<> add_failed(engine::Event const& event, engine::StepState const& state);
    Result<> add_image(engine::Event const& event, engine::StepState const& state);
    Result<> write_sidecars(engine::Event const& event, engine::StepState const& state,
                            std::string const& line);
    Result<> write_sidecar(std::string const& name, std::string text);

    RunFolder const& folder_;
    JournalReader& journal_;
    Sidecars sidecars_;
    Repair repaired_;
    File manifest_;
    File failed_;
    std::set<Digest> listed_failed_; // the steps in failed.jsonl
    bool out_of_date_ = false;       // the manifest lacks a line, or has an old one
    bool torn_ = false;              // nothing may be written after a line that is not whole
    std::optional<Error> failure_;
    std::optional<Error> sidecar_failure_; // of the pool's thread; read after its join
    std::atomic<int> sidecars_waiting_ = 0;
    boost::asio::thread_pool pool_{1};
};

} // namespace darkroom::store
