#include "runner/export/provenance.hpp"

#include "runner/export/error.hpp"

#include <cerrno>

#if DARKROOM_HAS_EXIV2
#include <exiv2/exiv2.hpp>
#endif

namespace darkroom::exports {

bool takes_note(std::string_view format) {
    return format == "png" || format == "jpeg" || format == "webp";
}

#if DARKROOM_HAS_EXIV2

std::string why_no_provenance() { return {}; }

Result<std::string> with_provenance(std::string const& picture) {
    constexpr auto name = "Xmp.iptcExt.DigitalSourceType";
    constexpr auto type = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
    try {
        static bool const is_ready = Exiv2::XmpParser::initialize();
        if (!is_ready) return system_error_of(EIO, "exiv2 cannot write XMP");
        auto const image =
            Exiv2::ImageFactory::open(reinterpret_cast<Exiv2::byte const*>(picture.data()),
                                      static_cast<long>(picture.size()));
        Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
        image->readMetadata();
        image->xmpData()[name] = type;
        image->writeMetadata();
        auto& io = image->io();
        io.open();
        io.seek(0, Exiv2::BasicIo::beg);
        auto const bytes = io.read(static_cast<long>(io.size()));
        io.close();
        return std::string(reinterpret_cast<char const*>(bytes.pData_),
                           static_cast<std::size_t>(bytes.size_));
    } catch (Exiv2::AnyError const& error) {
        return system_error_of(EINVAL, std::string("exiv2: ") + error.what());
    }
}

#else

std::string why_no_provenance() {
    return "the program was built without exiv2, which writes into pictures: install libexiv2-dev "
           "(examples/packages.sh does) and build it again with examples/build.sh";
}

Result<std::string> with_provenance(std::string const&) {
    return Error(Errc::not_built, why_no_provenance());
}

#endif

} // namespace darkroom::exports
