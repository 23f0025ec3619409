// A stage: one picture that can be zoomed and moved, by wheel, fingers, mouse or keys.
{
  const zoom_most = 16; // of the picture's own pixels

  // A view is a zoom (1: the whole picture fits) and the point in the middle, in parts of the
  // picture, so that pictures of different sizes can share one.
  const whole_view = () => ({ zoom: 1, x: 0.5, y: 0.5 });

  gallery.Stage = class {
    // `on_change` is called when a person has changed the view.
    constructor(element, on_change = () => {}) {
      this.element = element;
      this.on_change = on_change;
      this.view = whole_view();
      this.pointers = new Map();
      this.image = null;
      this.cover = null;
      element.addEventListener("wheel", (event) => this.on_wheel(event), { passive: false });
      element.addEventListener("pointerdown", (event) => this.on_down(event));
      element.addEventListener("pointermove", (event) => this.on_move(event));
      for (const end of ["pointerup", "pointercancel"])
        element.addEventListener(end, (event) => this.on_up(event));
      element.addEventListener("dblclick", (event) => {
        if (event.target.closest("button, a")) return;
        this.zoom_to(this.view.zoom > 1.01 ? 1 : this.own_zoom(), this.point_of(event));
      });
      this.observer = new ResizeObserver(() => this.place());
      this.observer.observe(element);
    }

    // Shows a picture; `size` is [width, height], `under` an address to show until it has come.
    show(url, { size, under, label }) {
      this.clear();
      this.size = size[0] > 0 && size[1] > 0 ? size : null;
      this.image = gallery.make("img", { class: "stage-image", alt: label, draggable: false });
      if (under && under !== url) this.image.style.backgroundImage = `url("${under}")`;
      const image = this.image;
      image.onload = () => {
        image.style.backgroundImage = "";
        this.size = [image.naturalWidth || 1, image.naturalHeight || 1];
        this.place();
      };
      image.onerror = () => {
        image.replaceWith(gallery.make("p", { class: "stage-words" },
          "This picture cannot be shown: its file is missing or damaged. " +
          "'darkroom verify' finds such files, and the next run loads them again."));
      };
      image.src = url;
      this.element.prepend(image);
      this.view = whole_view();
      this.place();
    }

    // Puts an element over the picture, which moves along with it; null removes it.
    set_cover(element) {
      if (this.cover) this.cover.remove();
      this.cover = element;
      if (element) this.element.append(element);
      this.place();
    }

    clear() {
      this.set_cover(null);
      for (const old of this.element.querySelectorAll(".stage-image, .stage-words, video"))
        old.remove();
      this.image = null;
      this.size = null;
    }

    // Pixels of the page for a pixel of the picture, when the whole of it fits.
    fit() {
      const box = this.element.getBoundingClientRect();
      return Math.min(box.width / this.size[0], box.height / this.size[1], 1e6);
    }
    own_zoom() { return this.size ? Math.max(1 / this.fit() / (devicePixelRatio || 1), 1.5) : 2; }
    zoom_limit() { return this.size ? Math.max(zoom_most / this.fit(), 8) : 8; }

    place() {
      if (!this.image || !this.size) return;
      const box = this.element.getBoundingClientRect();
      if (box.width === 0) return;
      const scale = this.fit() * this.view.zoom;
      const wide = this.size[0] * scale, high = this.size[1] * scale;
      // A side that fits stays in the middle; one that does not leaves no gap.
      const hold = (value, side, room) => {
        if (side <= room) return 0.5;
        const edge = room / 2 / side;
        return Math.min(Math.max(value, edge), 1 - edge);
      };
      this.view.x = hold(this.view.x, wide, box.width);
      this.view.y = hold(this.view.y, high, box.height);
      const style = this.image.style;
      style.width = `${wide}px`;
      style.height = `${high}px`;
      style.transform = `translate(${box.width / 2 - this.view.x * wide}px,` +
        ` ${box.height / 2 - this.view.y * high}px)`;
      style.imageRendering = scale * (devicePixelRatio || 1) > 3 ? "pixelated" : "auto";
      if (this.cover) {
        const { width, height, transform } = style;
        Object.assign(this.cover.style, { width, height, transform });
      }
      this.element.classList.toggle("zoomed", this.view.zoom > 1.001);
    }

    set(view) {
      this.view = { ...view };
      this.place();
    }

    changed() {
      this.place();
      this.on_change(this.view);
    }

    // Zooms so that `point`, in pixels from the middle of the stage, stays where it is.
    zoom_to(zoom, point = { x: 0, y: 0 }) {
      if (!this.size) return;
      const before = this.fit() * this.view.zoom;
      this.view.zoom = Math.min(Math.max(zoom, 1), this.zoom_limit());
      const after = this.fit() * this.view.zoom;
      this.view.x += point.x / this.size[0] * (1 / before - 1 / after);
      this.view.y += point.y / this.size[1] * (1 / before - 1 / after);
      this.changed();
    }
    zoom_by(factor, point) { this.zoom_to(this.view.zoom * factor, point); }

    move(x, y) {
      if (!this.size) return;
      const scale = this.fit() * this.view.zoom;
      this.view.x -= x / this.size[0] / scale;
      this.view.y -= y / this.size[1] / scale;
      this.changed();
    }

    point_of(event) {
      const box = this.element.getBoundingClientRect();
      return { x: event.clientX - box.left - box.width / 2,
        y: event.clientY - box.top - box.height / 2 };
    }

    on_wheel(event) {
      if (!this.image) return;
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 300 : 1);
      this.zoom_by(Math.exp(-Math.max(Math.min(pixels, 300), -300) / 400), this.point_of(event));
    }

    on_down(event) {
      if (!this.image || event.button !== 0 || event.target.closest("button, a, video")) return;
      this.element.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.point_of(event));
      this.element.classList.add("held");
    }

    on_move(event) {
      const before = this.pointers.get(event.pointerId);
      if (!before) return;
      const now = this.point_of(event);
      this.pointers.set(event.pointerId, now);
      if (this.pointers.size === 1) return this.move(now.x - before.x, now.y - before.y);
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const gap = (one) => Math.hypot(one.x - other.x, one.y - other.y) || 1;
      this.zoom_by(gap(now) / gap(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    }

    on_up(event) {
      this.pointers.delete(event.pointerId);
      if (this.pointers.size === 0) this.element.classList.remove("held");
    }

    end() {
      this.observer.disconnect();
      this.clear();
    }
  };
}
