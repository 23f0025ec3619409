// JPEG is separate: libjpeg reports errors by a jump, which must not skip a destructor.
#include "runner/studio/paint/image_codec.hpp"

#include "runner/base/picture_limits.hpp"

#include <fmt/format.h>

#include <csetjmp>
#include <cstdio> // jpeglib.h needs FILE

#include <jpeglib.h>

#include <algorithm>

namespace darkroom::studio {

namespace {

/// The state of libjpeg's callbacks. Everything the jump could skip lives here or in the caller.
struct Reader {
    jpeg_decompress_struct decoder;
    jpeg_error_mgr errors;
    jpeg_progress_mgr progress;
    std::jmp_buf back;
    char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void jump(j_common_ptr common) {
    auto* reader = static_cast<Reader*>(common->client_data);
    common->err->format_message(common, reader->message);
    std::longjmp(reader->back, 1);
}

/// Warnings (a cut-off file, say) end the decoding too: half an image is not what was asked for.
void note(j_common_ptr common, int level) {
    if (level < 0) jump(common);
}

void count_scans(j_common_ptr common) {
    auto* reader = static_cast<Reader*>(common->client_data);
    if (reader->decoder.input_scan_number <= jpeg_scans_max) return;
    std::snprintf(reader->message, sizeof reader->message, "more than %d scans", jpeg_scans_max);
    std::longjmp(reader->back, 1);
}

void prepare(Reader& reader) {
    reader.decoder.err = jpeg_std_error(&reader.errors);
    reader.errors.error_exit = jump;
    reader.errors.emit_message = note;
    reader.decoder.client_data = &reader;
    reader.progress.progress_monitor = count_scans;
}

/// Reads the header. Plain C: nothing with a destructor may live across the jump.
bool read_header(Reader& reader, unsigned char const* bytes, unsigned long size) {
    if (setjmp(reader.back) != 0) return false;
    jpeg_create_decompress(&reader.decoder);
    reader.decoder.client_data = &reader;
    reader.decoder.progress = &reader.progress;
    reader.decoder.mem->max_memory_to_use = jpeg_bytes_max;
    jpeg_mem_src(&reader.decoder, bytes, size);
    jpeg_read_header(&reader.decoder, TRUE);
    return true;
}

bool choose_output(Reader& reader, unsigned divisor) {
    if (setjmp(reader.back) != 0) return false;
    reader.decoder.out_color_space = JCS_EXT_RGBA;
    reader.decoder.scale_num = 1;
    reader.decoder.scale_denom = divisor;
    jpeg_calc_output_dimensions(&reader.decoder);
    return true;
}

bool read_pixels(Reader& reader, unsigned char* pixels) {
    if (setjmp(reader.back) != 0) return false;
    jpeg_start_decompress(&reader.decoder);
    auto const stride = static_cast<std::size_t>(reader.decoder.output_width) * 4;
    while (reader.decoder.output_scanline < reader.decoder.output_height) {
        JSAMPROW row = pixels + stride * reader.decoder.output_scanline;
        jpeg_read_scanlines(&reader.decoder, &row, 1);
    }
    return true;
}

/// Returns the factor by which libjpeg reduces the picture while decoding, nearly for free.
unsigned shrink(unsigned longest, int side_wanted) {
    unsigned divisor = 1;
    while (divisor < 8 && longest / (divisor * 2) >= static_cast<unsigned>(side_wanted))
        divisor *= 2;
    return divisor;
}

struct Destroy {
    Reader& reader;
    ~Destroy() { jpeg_destroy_decompress(&reader.decoder); }
};

Error bad_jpeg(Reader const& reader) {
    return {PictureErrc::bad_image, fmt::format("input image: JPEG: {}", reader.message)};
}

} // namespace

Result<Bitmap> decode_jpeg(std::string_view bytes, int side_wanted) {
    Reader reader{};
    prepare(reader);
    Destroy const destroy{reader};
    auto const* data = reinterpret_cast<unsigned char const*>(bytes.data());
    if (!read_header(reader, data, static_cast<unsigned long>(bytes.size())))
        return bad_jpeg(reader);
    auto& decoder = reader.decoder;
    TRY(check_image_size(decoder.image_width, decoder.image_height));
    if (decoder.jpeg_color_space == JCS_CMYK || decoder.jpeg_color_space == JCS_YCCK)
        return Error(PictureErrc::bad_image,
                     "input image: JPEG: made for print (CMYK); save it as RGB");
    auto const longest = std::max(decoder.image_width, decoder.image_height);
    if (!choose_output(reader, shrink(longest, side_wanted))) return bad_jpeg(reader);
    Bitmap bitmap;
    bitmap.size = {static_cast<int>(decoder.output_width), static_cast<int>(decoder.output_height)};
    bitmap.rgba.resize(static_cast<std::size_t>(decoder.output_width) * decoder.output_height * 4);
    if (!read_pixels(reader, bitmap.rgba.data())) return bad_jpeg(reader);
    return bitmap;
}

} // namespace darkroom::studio
