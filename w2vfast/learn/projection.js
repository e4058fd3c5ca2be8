// Vectors in two dimensions: the plane of the two largest variances, which follows the
// vectors without turning or jumping between steps.

function orthonormal(first, second) {
    const unit = (v) => { const n = Math.hypot(...v) || 1; return v.map((x) => x / n); };
    const a = unit(first), along = dot(a, second);
    return [a, unit(second.map((x, i) => x - along * a[i]))];
}

class Projection {
    constructor(dim) {
        this.dim = dim;
        this.axes = [0, 1].map((k) => Array.from({ length: dim }, (_, i) => Number(i === k)));
    }

    // Orthogonal iteration from the last axes, then the rotation nearest to them.
    follow(vectors) {
        if (this.dim === 2) return;
        const mean = hiddenLayer(vectors, [...vectors.keys()]);
        const centred = vectors.map((v) => v.map((x, i) => x - mean[i]));
        const timesCovariance = (axis) => {
            const result = new Array(this.dim).fill(0);
            for (const v of centred) {
                const along = dot(v, axis);
                v.forEach((x, i) => { result[i] += along * x; });
            }
            return result;
        };
        const old = this.axes;
        let axes = old;
        for (let k = 0; k < 4; k++) axes = orthonormal(...axes.map(timesCovariance));
        this.axes = this.unturned(axes, old);
    }

    unturned([a, b], [oldA, oldB]) {
        const mirrored = dot(a, oldA) * dot(b, oldB) < dot(a, oldB) * dot(b, oldA);
        if (mirrored) b = b.map((x) => -x);
        const angle = Math.atan2(dot(b, oldA) - dot(a, oldB), dot(a, oldA) + dot(b, oldB));
        const cos = Math.cos(angle), sin = Math.sin(angle);
        return [a.map((x, i) => cos * x + sin * b[i]), a.map((x, i) => cos * b[i] - sin * x)];
    }

    point(vector) { return this.axes.map((axis) => dot(axis, vector)); }
}
