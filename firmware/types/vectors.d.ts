// The shape of `#vectors`: the JSON value that a device test hands to its program
// (test/device/run-on-device.ts).
declare const vectors: any;
export default vectors;
