/** Memory that threads share, and that grows while it is written. */
export function shared32(length: number, values?: ArrayLike<number>): Uint32Array {
  const array = new Uint32Array(new SharedArrayBuffer(length * 4));
  if (values !== undefined) array.set(values);
  return array;
}

export function shared8(length: number, values?: ArrayLike<number>): Uint8Array {
  const array = new Uint8Array(new SharedArrayBuffer(length));
  if (values !== undefined) array.set(values);
  return array;
}

/** A list of 32-bit numbers without an object for each. */
export class Words {
  array = new Uint32Array(1_024);
  length = 0;

  push(value: number): void {
    if (this.length === this.array.length) {
      const wider = new Uint32Array(this.length * 2);
      wider.set(this.array);
      this.array = wider;
    }
    this.array[this.length++] = value;
  }

  get used(): Uint32Array {
    return this.array.subarray(0, this.length);
  }
}

/** Bytes one after the other. */
export class Bytes {
  array = new Uint8Array(16_384);
  length = 0;

  push(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.array.length) {
      const wider = new Uint8Array(2 * (this.length + bytes.length));
      wider.set(this.array.subarray(0, this.length));
      this.array = wider;
    }
    this.array.set(bytes, this.length);
    this.length += bytes.length;
  }

  get used(): Uint8Array {
    return this.array.subarray(0, this.length);
  }
}
