// Random numbers from a seed: mulberry32, 32 bits of state.

class Random {
    constructor(seed) { this.state = seed >>> 0; }

    // Between 0 and 1.
    draw() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let z = this.state;
        z = Math.imul(z ^ (z >>> 15), z | 1);
        z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
        return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
    }
}

// The index of one entry, drawn with these weights.
function drawIndex(random, weights) {
    let left = random.draw() * weights.reduce((a, b) => a + b);
    const index = weights.findIndex((weight) => (left -= weight) < 0);
    return index < 0 ? weights.length - 1 : index;
}
