// The map's ground, residences and boundaries, drawn on canvas tiles from flat arrays:
// fast with many thousand shapes, sharp on any screen, and without a tile server.
(function (c15) {
  "use strict";

  // A Leaflet layer whose tiles are painted by paint(context, view).
  c15.Tiles = L.GridLayer.extend({
    initialize(paint, options) {
      this.paint = paint;
      L.GridLayer.prototype.initialize.call(this, { tileSize: 512, updateWhenZooming: false, ...options });
    },
    createTile(coords) {
      const tile = document.createElement("canvas");
      this.paintTile(tile, coords);
      return tile;
    },
    paintTile(tile, coords) {
      const size = this.getTileSize();
      const ratio = window.devicePixelRatio || 1;
      tile.width = size.x * ratio;
      tile.height = size.y * ratio;
      const context = tile.getContext("2d");
      context.scale(ratio, ratio);
      context.lineJoin = "round";
      this.paint(context, {
        scale: 2 ** coords.z, zoom: coords.z, left: coords.x * size.x, top: coords.y * size.y, width: size.x, height: size.y,
      });
    },
    // Paints the tiles in place, without the blank moment of a redraw.
    repaint() {
      for (const key of Object.keys(this._tiles)) this.paintTile(this._tiles[key].el, this._tiles[key].coords);
    },
  });

  function isSeen(shapes, i, view, margin) {
    const { scale, left, top, width, height } = view;
    const b = 4 * i;
    return shapes.box[b] * scale <= left + width + margin && shapes.box[b + 2] * scale >= left - margin &&
      shapes.box[b + 1] * scale <= top + height + margin && shapes.box[b + 3] * scale >= top - margin;
  }

  // Adds feature i to the context's path; points nearer than half a pixel to the one before are skipped.
  function trace(context, shapes, i, view, isClosed) {
    const { scale, left, top } = view;
    for (let k = shapes.from[i]; k < shapes.from[i + 1]; k++) {
      const first = shapes.start[k];
      const last = shapes.start[k + 1] - 1;
      let x = shapes.x[first] * scale - left;
      let y = shapes.y[first] * scale - top;
      context.moveTo(x, y);
      for (let j = first + 1; j <= last; j++) {
        const nextX = shapes.x[j] * scale - left;
        const nextY = shapes.y[j] * scale - top;
        if (j < last && Math.abs(nextX - x) < 0.5 && Math.abs(nextY - y) < 0.5) continue;
        context.lineTo((x = nextX), (y = nextY));
      }
      if (isClosed) context.closePath();
    }
  }

  function strokeAll(context, shapes, view, isClosed, colour, width, dash = []) {
    context.beginPath();
    for (let i = 0; i < shapes.n; i++) if (isSeen(shapes, i, view, width)) trace(context, shapes, i, view, isClosed);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  }

  function fillAll(context, shapes, view, colour) {
    context.fillStyle = colour;
    for (let i = 0; i < shapes.n; i++) {
      if (!isSeen(shapes, i, view, 0)) continue;
      context.beginPath();
      trace(context, shapes, i, view, true);
      context.fill("evenodd");
    }
  }

  const LAND = "#f7f5f0";
  const OUTSIDE = "#e9e7e2";
  const GREEN = "#e4ebda";
  const WATER = "#d9e4ea";
  const WATER_LINE = "#c3d3dc";

  // Widths in pixels by zoom: [from zoom, road, path, steps].
  const WIDTHS = [[18, 9, 2, 5], [17, 6.5, 1.6, 4], [16, 4.5, 1.3, 3], [15, 2.8, 1, 2], [14, 1.7, 0.7, 1], [13, 1.1, 0, 0], [0, 0.7, 0, 0]];

  // Land, green, water and streets: all lighter than anything that the map is about.
  c15.paintGround = function (base) {
    return (context, view) => {
      context.fillStyle = OUTSIDE;
      context.fillRect(0, 0, view.width, view.height);
      context.save();
      context.beginPath();
      trace(context, base.extent, 0, view, true);
      context.fillStyle = LAND;
      context.fill("evenodd");
      context.clip("evenodd");
      fillAll(context, base.green, view, GREEN);
      fillAll(context, base.water, view, WATER);
      if (view.zoom >= 13) strokeAll(context, base.water, view, false, WATER_LINE, 0.8);
      context.restore();
      const [, road, path, steps] = WIDTHS.find(([zoom]) => view.zoom >= zoom);
      context.lineCap = "butt";
      if (path) strokeAll(context, base.path, view, false, "#cdbfa9", path, view.zoom >= 16 ? [5, 2.5] : []);
      if (steps) strokeAll(context, base.steps, view, false, "#b59f84", steps, [1.5, 1.5]);
      context.lineCap = "round";
      if (view.zoom >= 15) {
        strokeAll(context, base.road, view, false, "#d4cfc5", road + 1.4);
        strokeAll(context, base.road, view, false, "#ffffff", road);
      } else {
        strokeAll(context, base.road, view, false, "#d8d3c9", road);
      }
      context.lineCap = "butt";
    };
  };

  // Communities thin and dashed, districts bolder, each up to where the data ends; over the residences, in one tone.
  c15.paintBoundaries = function (base) {
    return (context, view) => {
      context.beginPath();
      trace(context, base.extent, 0, view, true);
      context.clip("evenodd");
      const isNear = view.zoom >= 15;
      strokeAll(context, base.community, view, true, "rgba(255,255,255,0.7)", isNear ? 3.5 : 2);
      strokeAll(context, base.community, view, true, "#8a7d90", isNear ? 1.3 : 0.8, isNear ? [7, 4] : [3, 2]);
      strokeAll(context, base.district, view, true, "rgba(255,255,255,0.7)", isNear ? 5 : 3);
      strokeAll(context, base.district, view, true, "#6d5f75", isNear ? 2.2 : 1.4);
    };
  };

  c15.paintExtent = function (base) {
    return (context, view) => strokeAll(context, base.extent, view, true, "#9a958a", 1.2, [2, 3]);
  };

  // A canvas pattern from the same path that the legend's SVG uses.
  function patternOf(context, status, pattern) {
    if (!status.path) return null;
    const ratio = 2;
    const tile = document.createElement("canvas");
    tile.width = tile.height = pattern.tile * ratio;
    const pen = tile.getContext("2d");
    pen.scale(ratio, ratio);
    pen.strokeStyle = status.ink;
    pen.lineWidth = pattern.stroke;
    pen.lineCap = "round";
    pen.stroke(new Path2D(status.path));
    const made = context.createPattern(tile, "repeat");
    made.setTransform(new DOMMatrix().scale(1 / ratio));
    return made;
  }

  // Small buildings keep a visible mark: a square of at least this many pixels, by zoom.
  const LEAST = [[17, 7], [16, 6], [15, 5], [14, 4], [13, 3.2], [0, 2.6]];
  const PATTERN_LEAST = 10;
  const LETTER_ZOOM = 17;

  // Residences: look() gives {order, style}: the indices, last on top, and by index {colour, line, ink, path, letter}.
  c15.paintResidences = function (shapes, pattern, look) {
    return (context, view) => {
      const looks = look();
      const seen = looks.order.filter((i) => isSeen(shapes, i, view, 8));
      const least = LEAST.find(([zoom]) => view.zoom >= zoom)[1];
      const patterns = new Map();
      context.font = "600 11px system-ui, sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (const i of seen) {
        const style = looks.style(i);
        const b = 4 * i;
        const width = (shapes.box[b + 2] - shapes.box[b]) * view.scale;
        const height = (shapes.box[b + 3] - shapes.box[b + 1]) * view.scale;
        const x = ((shapes.box[b] + shapes.box[b + 2]) / 2) * view.scale - view.left;
        const y = ((shapes.box[b + 1] + shapes.box[b + 3]) / 2) * view.scale - view.top;
        context.fillStyle = style.colour;
        if (Math.max(width, height) < least) {
          context.fillRect(x - least / 2, y - least / 2, least, least);
          continue;
        }
        context.beginPath();
        trace(context, shapes, i, view, true);
        context.fill("evenodd");
        if (style.path && Math.max(width, height) >= PATTERN_LEAST) {
          if (!patterns.has(style)) patterns.set(style, patternOf(context, style, pattern));
          context.globalAlpha = 0.45;
          context.fillStyle = patterns.get(style);
          context.fill("evenodd");
          context.globalAlpha = 1;
        }
        if (view.zoom >= 14) {
          context.strokeStyle = style.line;
          context.lineWidth = style.wide ? 2.5 : view.zoom >= 16 ? 1 : 0.5;
          context.stroke();
        }
        if (view.zoom >= LETTER_ZOOM && style.letter && width > 15 && height > 15) {
          context.lineWidth = 3;
          context.strokeStyle = style.colour;
          context.strokeText(style.letter, x, y);
          context.fillStyle = style.ink;
          context.fillText(style.letter, x, y);
        }
      }
    };
  };
})(globalThis.circle15);
